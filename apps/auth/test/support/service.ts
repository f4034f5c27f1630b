import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { RunningService } from '#common';
import { loadAuthConfig, type AuthConfig } from '../../src/config.ts';
import { startService } from '../../src/app.ts';
import { cleanUpWith } from './clean-up.ts';

/** A password that passes the strength check. */
export const strongPassword = 'violet-otter-hums-42-songs';
export const keyEncryptionKey = Buffer.alloc(32, 7).toString('base64');

/** A running service and its database. */
export interface TestService extends RunningService {
  config: AuthConfig;
  databaseUrl: string;
  database: pg.Pool;
}

/** Settings of a service under test: free ports, cheap hashes, and limits and timeouts that tests do not reach. */
export function testEnvironment(overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'silent',
    KEY_ENCRYPTION_KEYS: keyEncryptionKey,
    HASH_MEMORY_KIB: '64',
    HASH_PASSES: '1',
    HASH_MAX_WAIT_MS: '20000',
    DATABASE_CONNECT_TIMEOUT_MS: '10000',
    DATABASE_STATEMENT_TIMEOUT_MS: '20000',
    DATABASE_LOCK_TIMEOUT_MS: '10000',
    OIDC_TIMEOUT_MS: '15000',
    LOGIN_ADDRESS_BURST: '100000',
    REGISTER_ADDRESS_BURST: '100000',
    ...overrides,
  };
}

/** Public names of a service in production, which refuses the defaults. */
export const productionSettings = {
  NODE_ENV: 'production',
  TOKEN_ISSUER: 'https://auth.example.com',
  APP_URL: 'https://app.example.com',
  WEBAUTHN_RP_ID: 'example.com',
  WEBAUTHN_ORIGINS: 'https://app.example.com',
};

/**
 * A fresh copy of a database.
 * @param template its name: by default the migrated one of this service; `template0` is empty
 */
export async function copyDatabase(template = 'template'): Promise<string> {
  const server = process.env['TEST_DATABASE_SERVER'] ?? '';
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client(`${server}postgres`);
  await client.connect();
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  await client.end();
  return server + name;
}

/**
 * Starts the service on its own database. It stops at the end of the test file, if not before.
 * @param overrides environment variables; with `DATABASE_URL`, on that database
 */
export async function startTestService(overrides: NodeJS.ProcessEnv = {}): Promise<TestService> {
  const databaseUrl = overrides['DATABASE_URL'] ?? (await copyDatabase());
  const config = loadAuthConfig(testEnvironment({ DATABASE_URL: databaseUrl, ...overrides }));
  const service = await startService(config);
  const database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  // a test that stops the database also breaks these connections
  database.on('error', () => undefined);
  let running = true;
  const started: TestService = {
    ...service,
    config,
    databaseUrl,
    database,
    async stop() {
      if (running) {
        running = false;
        await database.end();
        await service.stop();
      }
    },
  };
  cleanUpWith(() => started.stop());
  return started;
}

/** From now on a limit that blocks does so for an hour, so that a test may look at it as slowly as it likes. */
export async function holdLimits({ database }: TestService): Promise<void> {
  await database.query(`
    CREATE FUNCTION hold_limit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      NEW.blocked_until := now() + interval '1 hour';
      RETURN NEW;
    END $$;
    CREATE TRIGGER hold_limit BEFORE INSERT OR UPDATE ON attempt FOR EACH ROW
      WHEN (NEW.blocked_until > now()) EXECUTE FUNCTION hold_limit()`);
}
