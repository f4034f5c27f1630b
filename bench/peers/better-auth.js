/** better-auth with PostgreSQL on Node.js' HTTP server, set up as its documentation says. */
import { hash, verify } from '@node-rs/argon2';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { createServer } from 'node:http';
import process from 'node:process';
import pg from 'pg';

const { DATABASE_URL, AUTH_SECRET, EQUAL_HASH, UPDATE_AGE } = process.env;
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const argon2id = {
  hash: (password) => hash(password, parameters),
  verify: ({ hash: known, password }) => verify(known, password),
};

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const options = {
  database: new pg.Pool({ connectionString: DATABASE_URL, max: 10 }),
  secret: AUTH_SECRET,
  baseURL: url,
  telemetry: { enabled: false },
  emailAndPassword: { enabled: true, ...(EQUAL_HASH ? { password: argon2id } : {}) },
  ...(UPDATE_AGE === undefined ? {} : { session: { updateAge: Number(UPDATE_AGE) } }),
};
await (await getMigrations(options)).runMigrations();
server.on('request', toNodeHandler(betterAuth(options)));
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.on('SIGTERM', () => process.exit(0));
