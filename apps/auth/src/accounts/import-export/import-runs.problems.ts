import { Problem } from '#common';

export const importNotFound = new Problem(404, 'import_not_found', 'Import not found');
export const importRunning = new Problem(409, 'import_running', 'Another import is running');
export const importEnded = new Problem(409, 'import_ended', 'The import has ended');
export const importMoved = new Problem(409, 'import_moved', 'The import is at another line');
export const importForeign = new Problem(403, 'import_foreign', 'The import was started in another session');
export const importTooLarge = new Problem(413, 'import_too_large', 'The import has too many lines');
