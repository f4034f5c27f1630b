export { BrowserSessionsModule } from './browser-sessions.module.ts';
export { browserHash, BrowserSessionsService } from './browser-sessions.service.ts';
export { sessionMissing } from './browser-sessions.problems.ts';
export type { BrowserSession } from './browser-sessions.repository.ts';
