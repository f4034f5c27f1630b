/** Keycloak in production mode with a realm of accounts, on Java. KEYCLOAK_HOME holds its distribution, built for PostgreSQL. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const { ACCOUNTS, DATABASE_URL, EQUAL_HASH, KEYCLOAK_HOME, PASSWORD, PATH } = process.env;
// those of the service instead of Keycloak's own, which are 7 MiB, 5 iterations
const equal = { memory: 19_456, iterations: 2, parallelism: 1 };

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const users = JSON.parse(ACCOUNTS).map((email) => ({
  username: email,
  email,
  emailVerified: true,
  firstName: 'Bench',
  lastName: 'Mark',
  enabled: true,
  credentials: [{ type: 'password', value: PASSWORD }],
}));
const realm = {
  realm: 'bench',
  enabled: true,
  sslRequired: 'none',
  clients: [{ clientId: 'bench', publicClient: true, directAccessGrantsEnabled: true }],
  users,
};
mkdirSync(join(KEYCLOAK_HOME, 'data/import'), { recursive: true });
writeFileSync(join(KEYCLOAK_HOME, 'data/import/bench-realm.json'), JSON.stringify(realm));

const database = new URL(DATABASE_URL);
const [port, management] = [await freePort(), await freePort()];
const options = {
  'db-url': `jdbc:postgresql://${database.host}${database.pathname}`,
  'db-username': decodeURIComponent(database.username),
  'db-password': decodeURIComponent(database.password),
  'http-enabled': true,
  'http-host': '127.0.0.1',
  'http-port': port,
  'http-management-port': management,
  'hostname-strict': false,
  'proxy-headers': 'xforwarded',
  cache: 'local',
  ...Object.fromEntries(
    Object.entries(EQUAL_HASH ? equal : {}).map(([name, value]) => [`spi-password-hashing--argon2--${name}`, value]),
  ),
};
const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
// kc.sh starts Java and waits for it
const child = spawn(join(KEYCLOAK_HOME, 'bin/kc.sh'), ['start', '--optimized', '--import-realm', ...flags], {
  env: { PATH },
  stdio: ['ignore', 'inherit', 'inherit'],
});
child.on('exit', (code) => process.exit(code ?? 0));
const java = () => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
process.on('SIGTERM', () => process.kill(java(), 'SIGTERM'));

const isReady = () =>
  fetch(`http://127.0.0.1:${management}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
while (!(await isReady())) {
  await sleep(50);
}
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, pid: java() })}\n`);
