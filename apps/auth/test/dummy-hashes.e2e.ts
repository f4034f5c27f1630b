import { beforeEach, describe, expect, it } from 'vitest';
import { hash as bcrypt } from 'bcrypt';
import { pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '#common';
import { DataSource } from 'typeorm';
import { authSchema } from '../src/database/index.ts';
import { PasswordHashCounts1764300000000 } from '../src/database/migrations/1764300000000-password-hash-counts.ts';
import { parseHash } from '../src/passwords/index.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { command } from './support/command.ts';
import { copyDatabase, startTestService, strongPassword, type TestService } from './support/service.ts';
import { hashesOf } from './support/work.ts';

const digest = (bytes: number) => pbkdf2Sync(strongPassword, 'salt', 10, bytes, 'sha256').toString('base64');
const pbkdf2 = `pbkdf2_sha256$10$salt$${digest(32)}`;
/** The same for each test, so that their shares are too. */
const unknown = Array.from({ length: 120 }, (_, i) => `nobody-${String(i)}@example.com`);

let databaseUrl: string;
let service: TestService;
let client: Client;

beforeEach(async () => {
  databaseUrl = await copyDatabase();
  await restart();
});

/** Starts another service on the database: it reads the hashes that accounts have now, as each does every 30 s. */
async function restart() {
  service = await startTestService({ DATABASE_URL: databaseUrl });
  client = new Client(service.url);
}

const importAccounts = (passwordHash: string, count: number) => importHashes(Array<string>(count).fill(passwordHash));

/** Imports an account for each hash, and returns their e-mail addresses. */
async function importHashes(hashes: string[]): Promise<string[]> {
  const emails = hashes.map(newEmail);
  const directory = await mkdtemp(join(tmpdir(), 'auth-dummy-hashes-'));
  const path = join(directory, 'accounts');
  const lines = emails.map((email, i) => `${JSON.stringify({ email, password_hash: hashes[i] })}\n`);
  await writeFile(path, lines.join(''));
  expect((await command(databaseUrl, ['accounts', 'import', path])).code).toBe(0);
  await rm(directory, { recursive: true });
  return emails;
}

const failLogins = async (emails: string[]) => {
  for (const email of emails) {
    expect((await client.login(email, 'not-the-password')).status).toBe(401);
  }
};
const ids = async (emails: string[]) => {
  const { rows } = await service.database.query('SELECT id FROM account WHERE email = ANY ($1)', [emails]);
  return rows.map(({ id }) => id as string);
};

describe('a login with an unknown e-mail address verifies the kinds of hashes that accounts have', () => {
  it('in their shares, before the first ANALYZE, and always the same kind for the same e-mail address', async () => {
    await importAccounts(pbkdf2, 10);
    await importAccounts(await bcrypt(strongPassword, 4), 10);
    for (let count = 0; count < 10; count += 1) {
      await client.register(newEmail());
    }
    const { rows } = await service.database.query("SELECT reltuples FROM pg_class WHERE oid = 'account'::regclass");
    expect(rows).toEqual([{ reltuples: -1 }]);
    await restart();
    const counts = await hashesOf(service, () => failLogins(unknown));
    for (const scheme of ['argon2', 'bcrypt', 'pbkdf2']) {
      expect([scheme, Math.abs((counts[scheme] ?? 0) - 40) < 15]).toEqual([scheme, true]);
    }
    const first = await hashesOf(service, () => failLogins(unknown.slice(0, 1)));
    expect(await hashesOf(service, () => failLogins(Array(3).fill(unknown[0])))).toEqual({
      [Object.keys(first)[0] as string]: 3,
    });
  });

  it('not those from before all were rehashed', async () => {
    for (const email of await importAccounts(pbkdf2, 5)) {
      await client.newSession(email);
    }
    await restart();
    expect(await hashesOf(service, () => failLogins(unknown))).toEqual({ argon2: unknown.length });
  });

  it('not those of deleted accounts', async () => {
    const admin = await newAdmin(service);
    for (const id of await ids(await importAccounts(pbkdf2, 5))) {
      expect((await client.call('DELETE', `/auth/admin/accounts/${id}`, { token: admin.accessToken })).status).toBe(
        204,
      );
    }
    await restart();
    expect(await hashesOf(service, () => failLogins(unknown))).toEqual({ argon2: unknown.length });
  });

  it('nor those of removed passwords, whose accounts take the same shares', async () => {
    const admin = await newAdmin(service);
    const emails = await importAccounts(pbkdf2, 5);
    for (const id of await ids(emails)) {
      const path = `/auth/admin/accounts/${id}/password-reset`;
      expect((await client.call('POST', path, { token: admin.accessToken })).status).toBeLessThan(300);
    }
    await restart();
    expect(await hashesOf(service, () => failLogins([...unknown, ...emails]))).toEqual({
      argon2: unknown.length + emails.length,
    });
  });
});

/** The accounts by dummy hash: as counted, and as they are. */
async function counts() {
  const { rows: counted } = await service.database.query(
    'SELECT dummy_hash, sum(accounts)::int FROM password_hash_count GROUP BY 1 HAVING sum(accounts) <> 0 ORDER BY 1',
  );
  const { rows: actual } = await service.database.query(
    'SELECT dummy_hash_of(password_hash) AS dummy_hash, count(*)::int AS sum FROM account WHERE password_hash IS NOT NULL GROUP BY 1 ORDER BY 1',
  );
  return { counted, actual };
}

it('a dummy hash has the algorithm, parameters and length of the hashes that it stands for', async () => {
  const hashes = [
    '$argon2id$v=19$m=102400,t=2,p=8$Y3Z6enp5RnEwU1AycW13TGIzMWlxSA$16+Y2JPGefXuL0blyl2dnz8Z7dxZMZUiq+VWg2x+etY',
    '$argon2i$v=19$m=64,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
    '$2b$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2',
    'bcrypt_sha256$$2b$12$XPsh3DgetkIQyggD56qUPepl9IflJaWT3XmUBWof7A3SiFaFgM.dC',
    pbkdf2,
    `pbkdf2_sha256$10$salt$${digest(64)}`,
    '$scrypt$ln=10,r=8,p=1$4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw',
    `$firebase-scrypt$ln=14,r=8,p=1$${'B'.repeat(22)}$${'C'.repeat(86)}`,
  ].map((text) => parseHash(text));
  await importHashes(hashes.map((hash) => hash?.text ?? ''));
  const { rows } = await service.database.query(
    'SELECT dummy_hash_of(password_hash) AS dummy, password_hash AS hash FROM account',
  );
  expect(rows).toHaveLength(hashes.length);
  for (const { dummy, hash } of rows) {
    const { matches, text, ...work } = parseHash(String(dummy)) ?? {};
    const { matches: _matches, text: _text, ...expected } = parseHash(String(hash)) ?? {};
    expect(work).toEqual(expected);
    expect(text?.split('$').at(-1)).toHaveLength(String(hash).split('$').at(-1)?.length ?? 0);
    expect(await matches?.(strongPassword)).toBe(false);
    expect(dummy).not.toContain(String(hash).slice(-16));
  }
  expect((await counts()).counted).toHaveLength(hashes.length);
});

describe('counts of hashes', () => {
  it('stay right when many change at once, and no change waits for another', async () => {
    const [first = '', ...emails] = await importAccounts(pbkdf2, 25);
    const held = await service.database.connect();
    await held.query('BEGIN');
    await held.query("UPDATE account SET password_hash = '$2b$05$' || repeat('x', 53) WHERE email = $1", [first]);
    const replicas = [client, new Client((await startTestService({ DATABASE_URL: databaseUrl })).url)];
    const requests = emails.flatMap((email, i) => {
      const replica = replicas[i % 2] ?? client;
      return [replica.login(email, strongPassword), replica.login(email, strongPassword), replica.register(newEmail())];
    });
    const answers = await Promise.all(requests);
    await held.query('COMMIT');
    held.release();
    expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
    const { counted, actual } = await counts();
    expect(counted).toEqual(actual);
    expect(actual.map(({ sum }) => sum as number)).toEqual([48, 1].toSorted((a, b) => a - b));
    await Promise.all(Array.from({ length: 4 }, () => startTestService({ DATABASE_URL: databaseUrl })));
    expect((await counts()).counted).toEqual(actual);
    const { rowCount } = await service.database.query('SELECT FROM password_hash_count');
    expect(rowCount).toBe(2);
  });

  it('start with all accounts, while replicas of the previous version write', async () => {
    await service.database.query(
      "INSERT INTO account (id, email, password_hash, roles) SELECT gen_random_uuid(), n || '@example.com', $1, '{user}' FROM generate_series(1, 20000) n",
      [parseHash(pbkdf2)?.text],
    );
    const dataSource = await new DataSource(dataSourceOptions(service.config, authSchema)).initialize();
    const runner = dataSource.createQueryRunner();
    const migration = new PasswordHashCounts1764300000000();
    await migration.down(runner);
    const progress = { isDone: false, written: 0 };
    const migrate = async () => {
      await migration.up(runner);
      progress.isDone = true;
    };
    const write = async () => {
      while (!progress.isDone) {
        progress.written += 1;
        await service.database.query(
          "UPDATE account SET password_hash = '$2b$05$' || repeat('x', 53) WHERE email = $1",
          [`${String(progress.written)}@example.com`],
        );
      }
    };
    await Promise.all([migrate(), write()]);
    await dataSource.destroy();
    const { counted, actual } = await counts();
    expect(counted).toEqual(actual);
    expect(progress.written).toBeGreaterThan(1);
  });
});
