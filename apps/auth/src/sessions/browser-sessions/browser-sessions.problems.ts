import { Problem } from '#common';

export const originNotAllowed = new Problem(
  403,
  'origin_not_allowed',
  'Pages of this origin may not use the browser’s session',
);
export const sessionMissing = new Problem(401, 'session_missing', 'The browser has no session');
