import { expect, it } from 'vitest';
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
  const [backup, service, watcher] = [1, 2, 3].map(() => new pg.Client(DATABASE_URL)) as [
    pg.Client,
    pg.Client,
    pg.Client,
  ];
  await Promise.all([backup.connect(), service.connect(), watcher.connect()]);
  await backup.query('BEGIN');
  await backup.query('SELECT FROM account');
  const migrations = [...(authSchema.migrations as (new () => MigrationInterface)[]), NicknamesTest2000000000000];
  const applied = runMigrations(loadAuthConfig(testEnvironment({ DATABASE_URL })), { ...authSchema, migrations });
  await service.query("SET lock_timeout = '2s'");
  let waits = 0;
  for (const end = Date.now() + 6000; Date.now() < end;) {
    const [{ rowCount }] = await Promise.all([
      watcher.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'",
      ),
      service.query('SELECT FROM account'),
    ]);
    waits += rowCount ?? 0;
    await sleep(50);
  }
  expect(waits).toBeGreaterThan(0);
  await backup.query('COMMIT');
  expect(await applied).toEqual([NicknamesTest2000000000000.name]);
  await service.query('SELECT nickname FROM account');
  await Promise.all([backup.end(), service.end(), watcher.end()]);
});

it('a migration that has built an index half-way builds it again', async () => {
  const DATABASE_URL = await copyDatabase();
  const config = loadAuthConfig(testEnvironment({ DATABASE_URL }));
  const database = new pg.Client(DATABASE_URL);
  await database.connect();
  await database.query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'account_state_email_idx'::regclass");
  await database.query('DROP INDEX account_state_created_at_idx');
  await database.query('CREATE INDEX account_verified_idx ON account (email) WHERE email_verified_at IS NOT NULL');
  await database.query("DELETE FROM migration WHERE name LIKE 'AccountStates%'");
  expect(await migrate(config)).toEqual(['AccountStates1764400970000']);
  const { rows } = await database.query(
    `SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index
     WHERE indexrelid::regclass::text ~ '^account_(state|verified)_' ORDER BY 1`,
  );
  expect(rows).toEqual([
    { name: 'account_state_created_at_idx', valid: true },
    { name: 'account_state_email_idx', valid: true },
  ]);
  await database.end();
});
