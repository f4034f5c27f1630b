import { beforeAll, describe, expect, it } from 'vitest';
import { DataSource, type EntityManager } from 'typeorm';
import { MfaService } from '../src/login/mfa/index.ts';
import { PasskeysService } from '../src/login/passkeys/index.ts';
import { SecondFactorOfAccount1764115700000 } from '../src/database/migrations/1764115700000-second-factor-of-account.ts';
import { createService } from '../src/app.ts';
import { AuthenticatorApp, newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, type Answer } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import {
  copyDatabase,
  holdLimits,
  keyEncryptionKey,
  startTestService,
  strongPassword,
  type TestService,
} from './support/service.ts';

/** Replicas on one database. */
let service: TestService;
let client: Client;
let other: Client;
/** A replica without an effective rate limit, so that the statements decide. */
let lenient: Client;

beforeAll(async () => {
  const DATABASE_URL = await copyDatabase();
  service = await startTestService({ DATABASE_URL });
  client = new Client(service.url);
  await holdLimits(service);
  other = new Client((await startTestService({ DATABASE_URL })).url);
  lenient = new Client((await startTestService({ DATABASE_URL, LOGIN_ACCOUNT_BURST: '1000' })).url);
});

const password = { password: strongPassword };
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

const waitOut = () => service.database.query("UPDATE attempt SET blocked_until = now() - interval '1 s'");
const passTime = (seconds: number) =>
  service.database.query('UPDATE session SET authenticated_at = authenticated_at - make_interval(secs => $1)', [
    seconds,
  ]);
const query = async (statement: string, ...parameters: unknown[]) =>
  (await service.database.query(statement, parameters)).rows;
const events = (email: string) =>
  query(
    `SELECT e.type, e.detail FROM audit_event e JOIN account a ON a.id = e.subject_id WHERE a.email = $1 ORDER BY e.id`,
    email,
  );

const challenge = async (email: string, cookie?: string): Promise<string> =>
  (await client.login(email, strongPassword, cookie)).body.mfa_token;
/** One after the other, because concurrent logins of one account are limited too. */
const challenges = async (length: number, email: string): Promise<string[]> => {
  const tokens = [];
  while (tokens.length < length) {
    tokens.push(await challenge(email));
  }
  return tokens;
};
const answer = (mfa_token: string, code: string, replica = client) =>
  replica.call('POST', '/auth/login/mfa', { body: { mfa_token, code } });
const stepUp = (token: string, code: string) => client.call('POST', '/auth/mfa/step-up', { token, body: { code } });
const regenerate = (token: string) => client.call('POST', '/auth/mfa/recovery-codes', { token });
const disable = (token: string, body = password) => client.call('DELETE', '/auth/mfa/totp', { token, body });
const outcome = ({ status, body }: Answer) => [status, body?.code];
const count = (answers: Answer[], status: number) => answers.filter((one) => one.status === status).length;

it('takes codes with spaces, dashes and line ends everywhere', async () => {
  const { email, accessToken: token } = await client.newAccount();
  const { body: setup } = await client.call('POST', '/auth/mfa/totp', { token, body: password });
  const app = new AuthenticatorApp(setup.otpauth_uri);
  const spaced = (code: string) => ` ${code.slice(0, 3)}\u2013${code.slice(3)}\r\n`;
  await app.settle();
  const confirmed = await client.call('POST', '/auth/mfa/totp/confirm', {
    token,
    body: { code: spaced(app.code(-1)) },
  });
  expect(confirmed.status).toBe(200);
  const { body: challenge } = await client.login(email);
  expect((await answer(` ${challenge.mfa_token as string}\n`, spaced(app.code()))).status).toBe(200);
  const recoveryCode = (confirmed.body.recovery_codes as string[])[0]?.toLowerCase().replaceAll('-', ' - ') ?? '';
  expect((await stepUp(token, `${recoveryCode}\n`)).status).toBe(200);
});

describe('an authenticator app', () => {
  it('is set up and confirmed; from then on logins ask for it, and tokens contain it', async () => {
    const { email, accessToken: token, cookie, refreshToken } = await client.newAccount();
    const elsewhere = await client.newSession(email);
    const setup = await client.call('POST', '/auth/mfa/totp', { token, body: password });
    expect(setup.status).toBe(201);
    expect(setup.body.otpauth_uri).toContain(`otpauth://totp/devopslocally:${encodeURIComponent(email)}`);
    expect(setup.body.otpauth_uri).toContain(`secret=${setup.body.secret}`);
    const [type, image] = setup.body.qr_code.split(',');
    expect(type).toBe('data:image/svg+xml;base64');
    expect(Buffer.from(image, 'base64').toString()).toMatch(/^<svg [^]*<\/svg>\s*$/);
    // logins do not ask for it before it is confirmed
    expect((await client.login(email)).body.mfa_required).toBeUndefined();

    const app = new AuthenticatorApp(setup.body.otpauth_uri);
    const confirm = (code: string) => client.call('POST', '/auth/mfa/totp/confirm', { token, body: { code } });
    expect(outcome(await confirm(app.wrongCode()))).toEqual([403, 'mfa_code_invalid']);
    const { status, body } = await confirm(app.code());
    expect([status, body.recovery_codes.length, new Set(body.recovery_codes).size]).toEqual([200, 10, 10]);
    expect((await client.me(elsewhere.accessToken)).status).toBe(401);
    expect((await client.call('GET', '/auth/mfa', { token })).body).toEqual({ totp: true, recovery_codes: 10 });
    const own = await client.refresh(refreshToken);
    expect(claimsOf(own.body.access_token)).toMatchObject({ amr: ['mfa', 'otp', 'pwd'], acr: 'aal2' });

    const login = await client.login(email, strongPassword, cookie);
    expect([login.status, login.headers.get('set-cookie')]).toEqual([200, null]);
    expect(login.body).toEqual({
      mfa_required: true,
      mfa_token: expect.stringMatching(/^ot_[\w-]{43}$/),
      expires_in: 300,
      methods: ['totp', 'recovery_code'],
    });
    const completed = await answer(login.body.mfa_token, app.code(1));
    expect(completed.status).toBe(200);
    expect(completed.headers.get('set-cookie')).toMatch(/^device=/);
    const claims = claimsOf(completed.body.access_token);
    expect(claims).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect([0, 1]).toContain(claims.iat - claims.auth_time);
    await passTime(60);
    const { body: refreshed } = await client.refresh(completed.body.refresh_token);
    expect(claimsOf(refreshed.access_token)).toMatchObject({ amr: claims.amr, auth_time: claims.auth_time - 60 });

    expect((await events(email)).map((event) => event.type)).toEqual([
      'account.registered',
      'login.succeeded',
      'login.succeeded',
      'mfa.totp_set_up',
      'login.succeeded',
      'mfa.failed',
      'session.revoked',
      'mfa.totp_enrolled',
      'login.mfa_required',
      'login.succeeded',
    ]);
  });

  it('cannot be set up without the password, twice, or with a secret older than 15 minutes', async () => {
    const { accessToken: token, app } = await newEnrolledAccount(client);
    const setUp = (body: object, as = token) => client.call('POST', '/auth/mfa/totp', { token: as, body });
    expect(outcome(await setUp({ password: 'not-the-password' }))).toEqual([403, 'password_incorrect']);
    expect(outcome(await setUp(password))).toEqual([409, 'totp_enrolled']);
    const late = await client.newAccount();
    const { body } = await setUp(password, late.accessToken);
    await query("UPDATE totp SET created_at = now() - interval '16 min' WHERE confirmed_at IS NULL");
    const code = new AuthenticatorApp(body.otpauth_uri).code();
    const confirm = await client.call('POST', '/auth/mfa/totp/confirm', { token: late.accessToken, body: { code } });
    expect(outcome(confirm)).toEqual([403, 'mfa_code_invalid']);
    expect(outcome(await stepUp(late.accessToken, app.code()))).toEqual([404, 'totp_not_enrolled']);
  });

  it('leaves no session without a second factor from logins that are concurrent with its confirmation', async () => {
    const { email, accessToken: token } = await client.newAccount();
    const setup = await client.call('POST', '/auth/mfa/totp', { token, body: password });
    const code = new AuthenticatorApp(setup.body.otpauth_uri).code();
    const logins = Array.from({ length: 30 }, (_, i) => (i % 2 ? client : other).login(email));
    const confirm = client.call('POST', '/auth/mfa/totp/confirm', { token, body: { code } });
    expect((await confirm).status).toBe(200);
    await Promise.all(logins);
    const sessions = await query(
      'SELECT amr FROM session s JOIN account a ON a.id = account_id WHERE email = $1',
      email,
    );
    expect(sessions).toEqual([{ amr: ['mfa', 'otp', 'pwd'] }]);
  });

  it('is asked for by accounts that enrolled before the column second_factor existed', async () => {
    const { email } = await newEnrolledAccount(client);
    const plain = await client.newAccount();
    const { databaseUrl: url } = service;
    const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
    const migration = new SecondFactorOfAccount1764115700000();
    const runner = dataSource.createQueryRunner();
    await migration.down(runner);
    await migration.up(runner);
    await dataSource.destroy();
    expect((await client.login(email)).body).toMatchObject({ mfa_required: true });
    expect((await client.login(plain.email)).body).toHaveProperty('access_token');
  });

  it('keeps working when the key-encryption key changes, and needs only the new key after its next use', async () => {
    const DATABASE_URL = await copyDatabase();
    const start = (KEY_ENCRYPTION_KEYS: string) => startTestService({ DATABASE_URL, KEY_ENCRYPTION_KEYS });
    const newKey = Buffer.alloc(32, 9).toString('base64');
    const before = new Client((await start(keyEncryptionKey)).url);
    const { email, app } = await newEnrolledAccount(before);
    const { url, database } = await start(`${newKey},${keyEncryptionKey}`);
    const { body: asked } = await before.login(email);
    expect((await answer(asked.mfa_token, app.code(), new Client(url))).status).toBe(200);
    await database.query('DELETE FROM signing_key');
    const later = new Client((await start(newKey)).url);
    const { body } = await later.login(email);
    expect((await answer(body.mfa_token, app.code(1), later)).status).toBe(200);
  });

  it('stores no readable secret, code or token in the database', async () => {
    const { email, app, recoveryCodes } = await newEnrolledAccount(client);
    const token = await challenge(email);
    const [row] = await query(`SELECT (SELECT string_agg(t::text, '') FROM totp t)
      || (SELECT string_agg(r::text, '') FROM recovery_code r) || (SELECT string_agg(o::text, '') FROM one_time_token o)
      || (SELECT string_agg(e::text, '') FROM audit_event e) AS dump`);
    const secret = (app as unknown as { totp: { secret: { hex: string; base32: string } } }).totp.secret;
    for (const text of [secret.hex, secret.base32, token, Buffer.from(token).toString('hex'), ...recoveryCodes]) {
      expect(row.dump.toLowerCase()).not.toContain(text.toLowerCase());
      expect(row.dump.toLowerCase()).not.toContain(text.replaceAll('-', '').toLowerCase());
    }
  });
});

it('an encrypted secret is of no use in the row of another account', async () => {
  const [victim, attacker] = [await newEnrolledAccount(client), await newEnrolledAccount(client)];
  await query(
    `UPDATE totp t SET secret = s.secret, last_used_step = 0 FROM totp s, account v, account a
     WHERE t.account_id = v.id AND v.email = $1 AND s.account_id = a.id AND a.email = $2`,
    victim.email,
    attacker.email,
  );
  expect((await answer(await challenge(victim.email), attacker.app.code())).status).toBe(500);
});

it('a login by magic link asks for the second factor too', async () => {
  // uses its own database, so that no e-mails of other tests are sent first
  const mailbox = await Mailbox.open();
  const own = await startTestService({ SMTP_URL: mailbox.url });
  const mailing = new Client(own.url);
  const { email, app } = await newEnrolledAccount(mailing);
  await own.database.query('UPDATE account SET email_verified_at = now()');
  await mailing.call('POST', '/auth/magic-link', { body: { email } });
  const token = await mailbox.token(email, /link to sign in/);
  const login = await mailing.call('POST', '/auth/magic-link/confirm', { body: { token } });
  expect([login.status, login.body.mfa_required, login.body.access_token]).toEqual([200, true, undefined]);
  expect(login.headers.get('set-cookie')).toBeNull();
  const { body } = await answer(login.body.mfa_token, app.code(), mailing);
  expect(claimsOf(body.access_token)).toMatchObject({ amr: ['otp', 'mfa'], acr: 'aal2' });
});

describe('a code', () => {
  it('does not complete a login if the password has changed meanwhile', async () => {
    const { email, accessToken: token, app } = await newEnrolledAccount(client);
    const asked = await challenge(email);
    const passwords = { current_password: strongPassword, new_password: 'amber-heron-reads-97-maps' };
    expect((await client.call('PUT', '/auth/me/password', { token, body: passwords })).status).toBe(204);
    expect(outcome(await answer(asked, app.code(1)))).toEqual([401, 'mfa_token_invalid']);
  });

  it('is valid once: one of 20 concurrent logins succeeds, and codes of earlier steps become invalid', async () => {
    const { email, app } = await newEnrolledAccount(client);
    const tokens = await challenges(20, email);
    const code = app.code(1);
    const answers = await Promise.all(tokens.map((token) => answer(token, code, lenient)));
    expect([count(answers, 200), count(answers, 403)]).toEqual([1, 19]);
    expect(outcome(await answer(await challenge(email), app.code(0), lenient))).toEqual([403, 'mfa_code_invalid']);
  });

  it('of a step further away than the one before or after is invalid', async () => {
    const { accessToken, app } = await newEnrolledAccount(client);
    await query('UPDATE totp SET last_used_step = 0');
    for (const steps of [-3, -2, 3]) {
      expect(outcome(await stepUp(accessToken, app.code(steps)))).toEqual([403, 'mfa_code_invalid']);
    }
    expect((await stepUp(accessToken, app.code(-1))).status).toBe(200);
  });

  it('starts one session per challenge, also with concurrent responses', async () => {
    const { email, app } = await newEnrolledAccount(client);
    const token = await challenge(email);
    const answers = await Promise.all(
      [client, other, client, other].map((replica) => answer(token, app.code(), replica)),
    );
    expect(count(answers, 200)).toBe(1);
    // this code is valid and unused, but the challenge is used
    await query('UPDATE totp SET last_used_step = 0');
    expect(outcome(await answer(token, app.code(1)))).toEqual([401, 'mfa_token_invalid']);
  });

  it('can be guessed 5 times per challenge; then even a valid code is rejected', async () => {
    const { email, app } = await newEnrolledAccount(client);
    const token = await challenge(email);
    for (let i = 0; i < 5; i += 1) {
      expect(outcome(await answer(token, app.wrongCode()))).toEqual([403, 'mfa_code_invalid']);
    }
    await waitOut();
    expect(outcome(await answer(token, app.code()))).toEqual([401, 'mfa_token_invalid']);
    expect((await answer(await challenge(email), app.code())).status).toBe(200);
  });

  it('can be guessed 5 times over 30 concurrent challenges; a known device is not blocked', async () => {
    const { email, app, recoveryCodes } = await newEnrolledAccount(client);
    const first = await answer(await challenge(email), recoveryCodes[0] ?? '');
    const cookie = first.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const tokens = await challenges(30, email);
    const answers = await Promise.all(tokens.map((token, i) => answer(token, app.wrongCode(), i % 2 ? client : other)));
    expect([count(answers, 403), count(answers, 429)]).toEqual([5, 25]);
    expect((await answer(await challenge(email), app.code())).status).toBe(429);
    expect((await answer(await challenge(email, cookie), app.code())).status).toBe(200);
  });

  it('is limited within a session too', async () => {
    const { accessToken, app } = await newEnrolledAccount(client);
    const answers = await Promise.all(Array.from({ length: 30 }, () => stepUp(accessToken, app.wrongCode())));
    expect([count(answers, 403), count(answers, 429)]).toEqual([5, 25]);
  });
});

describe('an MFA token', () => {
  it('does not work as another token, nor with another account’s code', async () => {
    const [victim, attacker] = [await newEnrolledAccount(client), await newEnrolledAccount(client)];
    const token = await challenge(victim.email);
    expect(outcome(await answer(token, attacker.app.code()))).toEqual([403, 'mfa_code_invalid']);
    expect(outcome(await answer(token, attacker.recoveryCodes[0] ?? ''))).toEqual([403, 'mfa_code_invalid']);
    expect((await client.me(token)).status).toBe(401);
    expect((await client.refresh(token)).status).toBe(401);
    await query("UPDATE one_time_token SET purpose = 'magic_link'");
    expect(outcome(await answer(token, victim.app.code()))).toEqual([401, 'mfa_token_invalid']);
    expect(outcome(await answer(victim.refreshToken, victim.app.code()))).toEqual([401, 'mfa_token_invalid']);
  });

  it('expires', async () => {
    const { email, app } = await newEnrolledAccount(client);
    const token = await challenge(email);
    await query('UPDATE one_time_token SET expires_at = now()');
    expect(outcome(await answer(token, app.code()))).toEqual([401, 'mfa_token_invalid']);
  });

  it('stays valid, as the recovery code does, after a login that fails between its writes', async () => {
    const { email, recoveryCodes } = await newEnrolledAccount(client);
    const [code = ''] = recoveryCodes;
    const token = await challenge(email);
    await query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`);
    await query(`CREATE TRIGGER fail BEFORE INSERT ON audit_event FOR EACH ROW
      WHEN (NEW.type = 'login.succeeded') EXECUTE FUNCTION fail()`);
    expect((await answer(token, code)).status).toBe(500);
    await query('DROP TRIGGER fail ON audit_event');
    expect((await answer(token, code)).status).toBe(200);
  });
});

describe('recovery codes', () => {
  it('are valid once each, in any spelling, also with 20 concurrent uses', async () => {
    const { email, recoveryCodes } = await newEnrolledAccount(client);
    const [first = '', second = ''] = recoveryCodes;
    const { status, body } = await answer(await challenge(email), first.toLowerCase().replaceAll('-', ' '));
    expect([status, claimsOf(body.access_token).acr]).toEqual([200, 'aal2']);
    expect(outcome(await answer(await challenge(email), first))).toEqual([403, 'mfa_code_invalid']);
    const tokens = await challenges(20, email);
    const answers = await Promise.all(tokens.map((token) => answer(token, second, lenient)));
    expect([count(answers, 200), count(answers, 403)]).toEqual([1, 19]);
    const mfa = await client.call('GET', '/auth/mfa', { token: body.access_token });
    expect(mfa.body).toEqual({ totp: true, recovery_codes: 8 });
    expect((await events(email)).filter(({ type }) => type === 'mfa.recovery_code_used')).toHaveLength(2);
  });

  it('can be replaced by 10 others, also in 10 concurrent requests; the old ones become invalid', async () => {
    const { email, accessToken, recoveryCodes } = await newEnrolledAccount(client);
    const answers = await Promise.all(Array.from({ length: 10 }, () => regenerate(accessToken)));
    expect(count(answers, 200)).toBe(10);
    const { body } = await client.call('GET', '/auth/mfa', { token: accessToken });
    expect(body.recovery_codes).toBe(10);
    expect((await answer(await challenge(email), recoveryCodes[0] ?? '')).status).toBe(403);
    const latest = (await regenerate(accessToken)).body.recovery_codes[9];
    expect((await answer(await challenge(email), latest)).status).toBe(200);
  });
});

describe('step-up', () => {
  it('is required if the second factor was verified too long ago, and renews it for all tokens of the session', async () => {
    const { accessToken: token, refreshToken, app } = await newEnrolledAccount(client);
    expect((await regenerate(token)).status).toBe(200);
    await passTime(301);
    const refused = await regenerate(token);
    expect(outcome(refused)).toEqual([401, 'mfa_required']);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", ' +
        'error_description="a recent multi-factor authentication is required", acr_values="aal2", max_age=300',
    );
    const { body: stale } = await client.refresh(refreshToken);
    expect((await regenerate(stale.access_token)).status).toBe(401);

    const code = app.code();
    const { status, body } = await stepUp(token, code);
    expect(status).toBe(200);
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({ acr: 'aal2', sid: claimsOf(token).sid });
    expect([0, 1]).toContain(claims.iat - claims.auth_time);
    expect((await regenerate(body.access_token)).status).toBe(200);
    const { body: refreshed } = await client.refresh(stale.refresh_token);
    expect(claimsOf(refreshed.access_token).auth_time).toBe(claims.auth_time);
    expect(outcome(await stepUp(token, code))).toEqual([403, 'mfa_code_invalid']);
  });

  it('is required of a session that used one factor only', async () => {
    const { accessToken } = await client.newAccount();
    expect(outcome(await regenerate(accessToken))).toEqual([401, 'mfa_required']);
  });
});

describe('removal', () => {
  it('requires the password and a recent second factor; then the password is enough to log in', async () => {
    const { email, accessToken: token, app } = await newEnrolledAccount(client);
    const pending = await challenge(email);
    expect(outcome(await disable(token, { password: 'not-the-password' }))).toEqual([403, 'password_incorrect']);
    await passTime(301);
    expect(outcome(await disable(token))).toEqual([401, 'mfa_required']);
    await stepUp(token, app.code());
    expect((await disable(token)).status).toBe(204);
    expect(outcome(await disable(token))).toEqual([404, 'totp_not_enrolled']);
    expect(outcome(await regenerate(token))).toEqual([404, 'totp_not_enrolled']);
    expect(outcome(await answer(pending, app.code(1)))).toEqual([401, 'mfa_token_invalid']);
    expect((await client.login(email)).body.access_token).toBeDefined();
    expect((await events(email)).at(-2)).toMatchObject({ type: 'mfa.totp_disabled' });
  });

  it('removes all second factors and passkeys in the caller’s transaction', async () => {
    const { email, accessToken } = await newEnrolledAccount(client);
    const app = await createService(service.config);
    await app.init();
    const { sub } = claimsOf(accessToken);
    await query(
      `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
       VALUES (gen_random_uuid(), $1, '', '', 0, '{}', false, 'laptop')`,
      sub,
    );
    const reset = async (manager: EntityManager) => {
      await app.get(MfaService, { strict: false }).reset(manager, sub);
      await app.get(PasskeysService, { strict: false }).removeAll(manager, sub);
    };
    const dataSource = app.get(DataSource, { strict: false });
    const undone = dataSource.transaction(async (manager) => {
      await reset(manager);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect((await client.login(email)).body.mfa_required).toBe(true);
    await dataSource.transaction(reset);
    await app.close();
    expect((await client.login(email)).body.access_token).toBeDefined();
    const left = await query(
      'SELECT FROM recovery_code WHERE account_id = $1 UNION ALL SELECT FROM passkey WHERE account_id = $1',
      sub,
    );
    expect(left).toEqual([]);
  });
});

it('attempts and logins are counted', async () => {
  const text = await (await fetch(service.metricsUrl)).text();
  for (const labels of [
    'purpose="login",result="succeeded"',
    'purpose="login",result="failed"',
    'purpose="login",result="throttled"',
    'purpose="step_up",result="succeeded"',
    'purpose="enrolment",result="failed"',
  ]) {
    expect(text).toMatch(new RegExp(`auth_mfa_checks_total\\{${labels}\\} [1-9]`));
  }
  expect(text).toMatch(/auth_logins_total\{result="mfa_required"\} [1-9]/);
});
