/** The built service, for tools that run it. */
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
const dist = (path: string): string => join(root, 'dist', path);

type Config = typeof import('../apps/auth/src/config.ts');
type Schema = typeof import('../apps/auth/src/database/index.ts');
type Service = typeof import('../apps/auth/src/app.ts');
type Audit = typeof import('../apps/auth/src/audit/index.ts');
type KeyringModule = typeof import('../apps/auth/src/keyring/index.ts');
type Tokens = typeof import('../apps/auth/src/sessions/tokens/index.ts');
type Common = typeof import('#common');

export const { authSettings, loadAuthConfig } = (await import(dist('apps/auth/src/config.js'))) as Config;
export const { migrate } = (await import(dist('apps/auth/src/database/index.js'))) as Schema;
export const { createService, describeApi, startService } = (await import(dist('apps/auth/src/app.js'))) as Service;
export const { AuditRepository } = (await import(dist('apps/auth/src/audit/index.js'))) as Audit;
export const { Keyring } = (await import(dist('apps/auth/src/keyring/index.js'))) as KeyringModule;
export const { RefreshTokens } = (await import(dist('apps/auth/src/sessions/tokens/index.js'))) as Tokens;
export const { describeSettings, loadOrExit, stopOnSignals } = (await import(
  dist('libs/common/src/index.js')
)) as Common;
