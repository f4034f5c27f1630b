/**
 * `make fuzz`: sends the service valid and invalid requests generated from its OpenAPI document, on a temporary database. Exits
 * with 1 on a 5xx or a response that the document does not describe. Passes options on to Schemathesis: `--seed=N`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAuthConfig, migrate, root, startService } from './built.ts';
import { startPostgres } from './embedded-postgres.ts';

const schemathesis = 'schemathesis==4.32.5';
const examplesPerOperation = '50';
const timeoutMs = 60 * 60_000;
const unlimited = '1000000';

const environment = join(root, '.cache', 'schemathesis');
const program = join(environment, 'bin', 'schemathesis');
if (!existsSync(program)) {
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  execFileSync(join(environment, 'bin', 'pip'), ['install', '--quiet', schemathesis], { stdio: 'inherit' });
}

const directory = await mkdtemp(join(tmpdir(), 'auth-fuzz-'));
const postgres = await startPostgres(directory);
await postgres.createDatabase('fuzz');
const config = loadAuthConfig({
  // turns e-mail on without an SMTP server
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  METRICS_PORT: '0',
  LOG_LEVEL: 'error',
  DATABASE_URL: postgres.url('fuzz'),
  KEY_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  HASH_MEMORY_KIB: '64',
  HASH_PASSES: '1',
  // a stall of the disk is no fault of the service
  DATABASE_CONNECT_TIMEOUT_MS: '60000',
  DATABASE_STATEMENT_TIMEOUT_MS: '60000',
  DATABASE_LOCK_TIMEOUT_MS: '60000',
  LOGIN_ADDRESS_BURST: unlimited,
  REGISTER_ADDRESS_BURST: unlimited,
});
await migrate(config);
const service = await startService(config);

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'ignored_auth',
  'use_after_free',
  'unsupported_method',
];
const run = spawn(
  program,
  [
    `--config-file=${join(root, 'tools', 'schemathesis.toml')}`,
    'run',
    `${service.url}/docs/openapi.json`,
    `--checks=${checks.join(',')}`,
    `--max-examples=${examplesPerOperation}`,
    '--phases=examples,coverage,fuzzing',
    '--request-timeout=60',
    '--no-color',
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    cwd: directory,
    timeout: timeoutMs,
    env: { ...process.env, SCHEMATHESIS_HOOKS: join(root, 'tools', 'fuzz_session.py') },
  },
);
const [exitCode] = (await once(run, 'exit')) as [number | null];
await service.stop();
await postgres.stop();
await rm(directory, { recursive: true, force: true });
process.exitCode = exitCode ?? 1;
