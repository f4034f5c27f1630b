import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hash as bcrypt } from 'bcrypt';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, newEmail } from './support/client.ts';
import { command } from './support/command.ts';
import { copyDatabase, startTestService, strongPassword, type TestService } from './support/service.ts';
import { hashesOf } from './support/work.ts';

const oldPassword = 'Grün-otter 42 hums';
const digest = pbkdf2Sync(oldPassword, 'salt', 10, 32, 'sha256').toString('base64');
const hash = `pbkdf2_sha256$10$salt$${digest}`;

let service: TestService;
let client: Client;
let directory: string;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  directory = await mkdtemp(join(tmpdir(), 'auth-import-'));
});
afterAll(() => rm(directory, { recursive: true }));

const file = async (lines: unknown[]) => {
  const path = join(directory, randomBytes(6).toString('hex'));
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(path, texts.map((text) => `${text}\n`).join(''));
  return path;
};
const importFile = (path: string, databaseUrl = service.databaseUrl) =>
  command(databaseUrl, ['accounts', 'import', path]);
const importLines = async (lines: unknown[]) => importFile(await file(lines));
const stored = async (email: string) => {
  const { rows } = await service.database.query('SELECT * FROM account WHERE email = $1', [email]);
  return rows[0];
};

describe('accounts import', () => {
  it.each([
    ['bcrypt', '$2y$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2'],
    ['Django’s bcrypt', 'bcrypt_sha256$$2b$12$XPsh3DgetkIQyggD56qUPepl9IflJaWT3XmUBWof7A3SiFaFgM.dC'],
    ['scrypt', '$scrypt$ln=10,r=8,p=1$4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw'],
    ['PBKDF2', '$pbkdf2-sha256$2000$w1hrLeV8713LWSvlHON8bw$4eDCgsDXWhIbChn5C.F4EyiOsoOUSxOdCwQEhRvjCaY'],
    ['Django’s PBKDF2', hash],
    ['argon2i', '$argon2i$v=19$m=64,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs'],
    [
      'Firebase’s scrypt',
      '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
      'user1password',
    ],
  ])(
    'lets the owner of a %s hash log in, and replaces the hash by argon2id',
    async (_name, password_hash, password = oldPassword) => {
      const email = newEmail();
      expect((await importLines([{ email, password_hash }])).output).toBe(
        '1 lines: 1 imported, 0 already existed, 0 rejected\n',
      );
      expect((await client.login(email, `${password}!`)).body.code).toBe('credentials_invalid');
      expect((await stored(email)).password_hash).not.toMatch(/^\$argon2id/);
      expect((await client.login(email, password)).status).toBe(200);
      expect((await stored(email)).password_hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
      expect(await (await fetch(service.metricsUrl)).text()).toMatch(
        /auth_hash_upgrades_total\{from="\w+[\w-]*"\} [1-9]/,
      );
      expect((await client.login(email, password)).status).toBe(200);
    },
  );

  it.each([
    ['which normalization changes', 'µ-otter ² hums ½'],
    ['in full-width letters', 'ｖｉｏｌｅｔ-otter 42'],
    ['in decomposed letters', 'Gru\u0308n-otter 42 hums'],
    ['of more than 128 characters', 'otter '.repeat(40)],
  ])('lets the owner of a hash of a password %s log in, now and later', async (_name, password) => {
    const email = newEmail();
    const digested = pbkdf2Sync(password, 'salt', 10, 32, 'sha256').toString('base64');
    await importLines([{ email, password_hash: `pbkdf2_sha256$10$salt$${digested}` }]);
    expect((await client.login(email, `${password}!`)).status).toBe(401);
    expect((await client.login(email, password)).status).toBe(200);
    expect((await stored(email)).password_hash).toMatch(/^\$argon2id/);
    expect((await client.login(email, password)).status).toBe(200);
    expect((await client.login(email, password.normalize('NFKC'))).status).toBe(200);
  });

  it('never locks out a password beyond the 72 bytes of bcrypt, after a login with a mistyped rest', async () => {
    const email = newEmail();
    const password = 'o'.repeat(72);
    await importLines([{ email, password_hash: await bcrypt(`${password}ttter`, 4) }]);
    expect((await client.login(email, `${password}tter`)).status).toBe(200);
    expect((await client.login(email, `${password}ttter`)).status).toBe(200);
    expect((await client.login(email, 'o'.repeat(71))).status).toBe(401);
  });

  it('takes e-mail addresses as registrations do', async () => {
    const email = `r&d=${newEmail()}`;
    await importLines([{ email: ` ${email}\n`, password_hash: hash }]);
    expect((await client.login(`${email} `, oldPassword)).status).toBe(200);
  });

  it('keeps id, roles and times, and audits each account', async () => {
    const line = {
      id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
      email: newEmail(),
      email_verified_at: '2020-01-02T03:04:05.000Z',
      password_hash: hash,
      roles: ['user', 'admin'],
      created_at: '2019-01-02T03:04:05+01:00',
    };
    await importLines([line]);
    expect(await stored(line.email)).toMatchObject({
      id: line.id,
      email_verified_at: new Date(line.email_verified_at),
      roles: line.roles,
      created_at: new Date(line.created_at),
      password_changed_at: new Date(line.created_at),
    });
    const { rows } = await service.database.query('SELECT type FROM audit_event WHERE subject_id = $1', [line.id]);
    expect(rows).toEqual([{ type: 'account.imported' }]);
  });

  it('takes the profile and both kinds of metadata', async () => {
    const profile = {
      name: 'Ada King',
      given_name: 'Ada',
      family_name: null,
      picture: 'https://example.com/ada.png',
      locale: 'fr',
      zoneinfo: 'Asia/Kolkata',
      public_metadata: { theme: 'dark', huge: 1e308 },
    };
    const line = { email: newEmail(), password_hash: null, ...profile, private_metadata: { customer: 'c-1815' } };
    await importLines([line]);
    expect(await stored(line.email)).toMatchObject(line);
  });

  it('reports each rejected line with a reason that repeats nothing of the line', async () => {
    const secret = 'hunter2-is-what-they-typed';
    const ours = newEmail();
    await client.register(ours);
    const scrypt = '4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw';
    const good = newEmail();
    const { code, output, errors } = await importLines([
      `{"email":"${newEmail()}","password_hash":"${secret}`,
      `"${secret}"`,
      '',
      { email: newEmail(), password_hash: secret },
      { email: newEmail(), password_hash: hash, [secret]: secret },
      { email: `${secret}@@example.com`, password_hash: hash },
      { email: newEmail(), password_hash: hash, roles: [secret] },
      { email: newEmail(), password_hash: hash, created_at: '0000-01-01T00:00:00Z' },
      { email: newEmail(), password_hash: `$scrypt$ln=17,r=1,p=1$${scrypt}` },
      { email: newEmail(), password_hash: `$scrypt$ln=20,r=8,p=1$${scrypt}` },
      { email: newEmail(), password_hash: `$scrypt$ln=4,r=8192,p=100$${scrypt}` },
      {
        email: newEmail(),
        password_hash:
          '$argon2id$v=19$m=262144,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
      },
      { email: newEmail(), password_hash: 'x'.repeat(20_000) },
      { id: '0199f2c4-0000-7000-8000-000000000001', email: ours.toUpperCase(), password_hash: hash },
      { email: ours, password_hash: hash },
      { email: newEmail(), password_hash: null, name: `${secret}\nBcc: all@example.com` },
      { email: newEmail(), password_hash: null, picture: `http://${secret}` },
      { email: newEmail(), password_hash: null, locale: secret },
      { email: newEmail(), password_hash: null, zoneinfo: secret },
      { email: newEmail(), password_hash: null, public_metadata: [secret] },
      { email: newEmail(), password_hash: null, private_metadata: { [secret]: 'a'.repeat(4096) } },
      { email: newEmail(), password_hash: null, public_metadata: { [secret]: 'a\0b' } },
      `{"email":"${newEmail()}","password_hash":null,"public_metadata":{"deep":${'['.repeat(8000)}${']'.repeat(8000)}}}`,
      { email: good, password_hash: hash },
    ]);
    expect(output.split('\n')).toEqual([
      '24 lines: 1 imported, 1 already existed, 21 rejected',
      'line 1: the line is not a JSON object in UTF-8',
      'line 2: the line is not a JSON object in UTF-8',
      'line 4: password_hash: unknown hash format',
      expect.stringMatching(/^line 5: has a field that is none of id, email/),
      'line 6: email: must be an e-mail address in ASCII',
      expect.stringMatching(/^line 7: roles\.0: /),
      'line 8: created_at: must lie between 1970 and now',
      'line 9: password_hash: unknown hash format',
      expect.stringMatching(/^line 10: password_hash: takes too much time/),
      expect.stringMatching(/^line 11: password_hash: takes too much time/),
      'line 12: password_hash: takes too much memory to check',
      'line 13: the line is too long',
      'line 14: email: belongs to another account',
      'line 16: name: must not contain control characters',
      'line 17: picture: must be an https:// URL in ASCII without a user name',
      expect.stringMatching(/^line 18: locale: /),
      'line 19: zoneinfo: must be the IANA name of a time zone',
      expect.stringMatching(/^line 20: public_metadata: /),
      'line 21: private_metadata: must have at most 4096 bytes as JSON in UTF-8',
      'line 22: public_metadata: must contain well-formed text without U+0000',
      'line 23: public_metadata: must have at most 4096 bytes as JSON in UTF-8',
      '',
    ]);
    expect([code, errors]).toEqual([1, expect.stringContaining('21 lines were rejected')]);
    expect(output + errors).not.toContain('hunter2');
    // a line with the e-mail address of an existing account changes neither the account nor its password
    expect((await client.login(ours, strongPassword)).status).toBe(200);
    expect((await client.login(good, oldPassword)).status).toBe(200);
  });

  it('changes nothing when the same file is imported again', async () => {
    const path = await file([{ email: newEmail(), password_hash: hash }]);
    expect((await importFile(path)).output).toContain('1 imported, 0 already existed');
    expect((await importFile(path)).output).toContain('0 imported, 1 already existed');
  });

  it('resumes an interrupted import, and neither loses nor repeats a line', async () => {
    const emails = Array.from({ length: 1700 }, newEmail);
    const path = await file(emails.map((email) => ({ email, password_hash: hash })));
    await service.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk on fire'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON account FOR EACH ROW WHEN (NEW.email = '${emails[1234]}') EXECUTE FUNCTION fail()`);
    expect((await importFile(path)).code).toBe(1);
    const count = async () =>
      (await service.database.query('SELECT FROM account WHERE email = ANY($1)', [emails])).rowCount;
    expect(await count()).toBe(1000);
    await service.database.query('DROP TRIGGER fail ON account; DROP FUNCTION fail');
    const { output, errors } = await importFile(path);
    expect(output).toBe('1700 lines: 1700 imported, 0 already existed, 0 rejected\n');
    expect(errors).toMatch(/^58 % 1000 lines: 1000 imported/);
    expect(await count()).toBe(1700);
  });

  it('lets one of two concurrent imports of a file continue, and repeats no line', async () => {
    const emails = Array.from({ length: 2000 }, newEmail);
    const path = await file(emails.map((email) => ({ email, password_hash: hash })));
    const codes = (await Promise.all([importFile(path), importFile(path)])).map(({ code }) => code);
    expect(codes).toContain(0);
    const { rows } = await service.database.query(
      `SELECT (SELECT count(*) FROM account WHERE email = ANY($1))::int AS accounts,
              (SELECT count(*) FROM audit_event JOIN account a ON a.id = subject_id
               WHERE type = 'account.imported' AND email = ANY($1))::int AS events`,
      [emails],
    );
    expect(rows).toEqual([{ accounts: 2000, events: 2000 }]);
  });

  it('shows a progress bar on a terminal', async () => {
    const path = await file([{ email: newEmail(), password_hash: hash }]);
    const { errors } = await command(service.databaseUrl, ['accounts', 'import', path], true);
    expect(errors).toContain('░░░ 0 % 0 lines');
    expect(errors).toContain('███ 100 % 1 lines: 1 imported');
  });
});

it('does the same work for all accounts and for an unknown e-mail address if normalization changes the password', async () => {
  const [imported, own] = [newEmail(), newEmail()];
  await importLines([
    { email: imported, password_hash: '$2y$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2' },
  ]);
  await client.register(own);
  for (const email of [imported, own, newEmail()]) {
    const login = () => client.login(email, 'ｎｏｔ-the-password');
    const counts = Object.values(await hashesOf(service, login));
    expect(counts).toEqual([2]);
  }
});

it('does the same work for an unknown e-mail address as for an imported account', async () => {
  const databaseUrl = await copyDatabase();
  const known = newEmail();
  const password_hash = `pbkdf2_sha256$300000$salt$${digest}`;
  await importFile(await file([{ email: known, password_hash }]), databaseUrl);
  const afterwards = await startTestService({ DATABASE_URL: databaseUrl });
  for (const email of [known, newEmail(), newEmail()]) {
    const login = async () =>
      expect((await new Client(afterwards.url).login(email, 'not-the-password')).status).toBe(401);
    expect(await hashesOf(afterwards, login)).toEqual({ pbkdf2: 1 });
  }
  const { rows } = await afterwards.database.query('SELECT dummy_hash FROM password_hash_count');
  expect(rows).toEqual([{ dummy_hash: expect.stringMatching(/i=300000/) }]);
});

describe('accounts export', () => {
  it('writes what an import reads: all accounts are restored unchanged', async () => {
    const email = newEmail();
    await importLines([
      {
        email,
        password_hash: hash,
        email_verified_at: '2020-01-02T03:04:05Z',
        name: 'Ada',
        private_metadata: { n: 1e308 },
      },
      { email: newEmail(), password_hash: null },
      { email: newEmail(), password_hash: hash, disabled_at: '2020-01-02T03:04:05Z' },
    ]);
    const { code, output } = await command(service.databaseUrl, ['accounts', 'export']);
    expect([code, output]).toEqual([0, expect.stringContaining(email)]);
    const copy = await copyDatabase();
    const path = join(directory, 'export');
    await writeFile(path, output);
    expect((await importFile(path, copy)).code).toBe(0);
    expect((await command(copy, ['accounts', 'export'])).output).toBe(output);
    const { rowCount } = await service.database.query("SELECT FROM audit_event WHERE type = 'accounts.exported'");
    expect(rowCount).toBe(1);
  });
});
