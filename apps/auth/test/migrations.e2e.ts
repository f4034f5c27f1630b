import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadAuthConfig } from '../src/config.ts';
import { authSchema, migrate } from '../src/database/index.ts';
import { testEnvironment } from './support/service.ts';

it('migrations take no more than a role that owns the database', async () => {
  const name = `owner_${randomBytes(6).toString('hex')}`;
  const server = new URL(process.env['TEST_DATABASE_SERVER'] ?? '');
  const superuser = new pg.Client(`${server.href}postgres`);
  await superuser.connect();
  await superuser.query(`CREATE ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${name}'`);
  await superuser.query(`CREATE DATABASE ${name} OWNER ${name}`);
  await superuser.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await superuser.end();
  Object.assign(server, { username: name, password: name, pathname: name });
  const applied = await migrate(loadAuthConfig(testEnvironment({ DATABASE_URL: server.href })));
  expect(applied).toHaveLength((authSchema.migrations as unknown[]).length);
});
