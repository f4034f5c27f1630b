import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { loadAuthConfig } from '../src/config.ts';
import { runMigrations } from '#common';
import { authSchema, migrate } from '../src/database/index.ts';
import { copyDatabase, testEnvironment } from './support/service.ts';

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

class NicknamesTest2000000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE account ADD COLUMN nickname text');
  }
  async down(): Promise<void> {
    // not tested
  }
}

it('a migration that waits for a table lets requests to it pass, and is applied when it gets it', async () => {
  const DATABASE_URL = await copyDatabase();
  const [backup, service] = [new pg.Client(DATABASE_URL), new pg.Client(DATABASE_URL)];
  await Promise.all([backup.connect(), service.connect()]);
  await backup.query('BEGIN');
  await backup.query('SELECT FROM account');
  const migrations = [...(authSchema.migrations as (new () => MigrationInterface)[]), NicknamesTest2000000000000];
  const applied = runMigrations(loadAuthConfig(testEnvironment({ DATABASE_URL })), { ...authSchema, migrations });
  await service.query("SET lock_timeout = '2s'");
  for (const end = Date.now() + 5000; Date.now() < end;) {
    await service.query('SELECT FROM account');
    await sleep(50);
  }
  await backup.query('COMMIT');
  expect(await applied).toEqual([NicknamesTest2000000000000.name]);
  await service.query('SELECT nickname FROM account');
  await Promise.all([backup.end(), service.end()]);
});
