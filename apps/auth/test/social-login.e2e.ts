import { beforeAll, describe, expect, it } from 'vitest';
import { setTimeout } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { Client, newEmail, type Answer } from './support/client.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { holdLimits, startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let alpha: OpenIdProvider;
let beta: OpenIdProvider;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  [alpha, beta] = await Promise.all([OpenIdProvider.start('alpha'), OpenIdProvider.start('beta')]);
  environment = { OIDC_PROVIDERS: JSON.stringify([alpha.settings, beta.settings]) };
  service = await startTestService(environment);
  await holdLimits(service);
  client = new Client(service.url);
});

/** A flow, from the browser's point of view. */
interface Flow {
  url: string;
  cookie: string;
}

/** The request that completes a flow. */
type Completion = Record<string, string | undefined>;

const cookieOf = ({ headers }: Answer) => headers.get('set-cookie')?.split(';', 1)[0] ?? '';

const start = async (provider = alpha, token?: string, password?: string, to = client): Promise<Flow> => {
  const path = token === undefined ? `/auth/social/${provider.id}/start` : `/auth/me/identities/${provider.id}/start`;
  const body = { redirect_uri: redirectUri, ...(password === undefined ? {} : { password }) };
  const answer = await to.call('POST', path, { body, ...(token === undefined ? {} : { token }) });
  expect(answer).toMatchObject({ status: 200, body: { expires_in: 600 } });
  return { url: answer.body.authorization_url, cookie: cookieOf(answer) };
};

const complete = (body: Completion, cookie: string, provider = alpha, to = client) =>
  to.call('POST', `/auth/social/${provider.id}/complete`, { body, headers: { cookie } });

const completeLink = (body: Completion, cookie: string, token: string, provider = alpha) =>
  client.call('POST', `/auth/me/identities/${provider.id}/complete`, { body, token, headers: { cookie } });

/** Logs a person in: start, the provider's page, complete. */
const logIn = async (subject: string, provider = alpha) => {
  const { url, cookie } = await start(provider);
  return complete(await provider.logIn(url, subject), cookie, provider);
};

/** Links a person to the account of a token: start, the provider's page, complete. */
const link = async (subject: string, token: string, password: string | undefined, provider = alpha) => {
  const { url, cookie } = await start(provider, token, password);
  return completeLink(await provider.logIn(url, subject), cookie, token, provider);
};

const identitiesOf = async (token: string) =>
  (await client.call('GET', '/auth/me/identities', { token })).body.identities as { id: string; provider: string }[];

const unlink = (id: string, token: string) => client.call('DELETE', `/auth/me/identities/${id}`, { token });

const verify = (email: string) =>
  service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);

const audited = async (accountId: string) => {
  const { rows } = await service.database.query<{ type: string }>(
    'SELECT type FROM audit_event WHERE subject_id = $1 ORDER BY id',
    [accountId],
  );
  return rows.map(({ type }) => type);
};

const outcome = ({ status, body }: Answer) => [status, body?.code];
const failed = [401, 'social_login_failed'];

describe('a social login', () => {
  it('registers a new person without a password, and logs the same person in again', async () => {
    const list = await client.call('GET', '/auth/social');
    expect(list.body).toEqual({
      providers: [
        { id: 'alpha', name: 'ALPHA' },
        { id: 'beta', name: 'BETA' },
      ],
    });
    const email = newEmail();
    const subject = alpha.person({ email, email_verified: true });
    const first = await logIn(subject);
    expect(first).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 600 } });
    expect(cookieOf(first)).toMatch(/^device=/);
    const me = await client.me(first.body.access_token);
    expect(me.body).toMatchObject({ email, email_verified: true, roles: ['user'] });

    // the e-mail address at the provider may change: the subject identifies the person
    alpha.people.set(subject, { email: newEmail(), email_verified: false });
    const again = await logIn(subject);
    expect((await client.me(again.body.access_token)).body.id).toBe(me.body.id);
    expect((await client.refresh(again.body.refresh_token)).status).toBe(200);
    expect((await client.login(email)).body.code).toBe('credentials_invalid');
    expect(await audited(me.body.id)).toEqual([
      'account.registered',
      'identity.linked',
      'login.succeeded',
      'login.succeeded',
      'login.failed',
    ]);
    const metrics = await (await fetch(service.metricsUrl)).text();
    expect(metrics).toMatch(/auth_social_flows_total\{provider="alpha",result="succeeded"\} [1-9]/);
    expect(metrics).toMatch(/auth_identity_changes_total\{change="linked"\} [1-9]/);
  });

  it('takes e-mail addresses as registrations do', async () => {
    const email = `x/d-${newEmail()}`;
    const { status, body } = await logIn(alpha.person({ email: ` ${email}\n`, email_verified: true }));
    expect(status).toBe(200);
    expect((await client.me(body.access_token)).body.email).toBe(email);
  });

  it('links to the account with the same e-mail address if both sides have verified it', async () => {
    const { email, accessToken } = await client.newAccount();
    await verify(email);
    const { body } = await logIn(alpha.person({ email: email.toUpperCase(), email_verified: true }));
    const [mine, linked] = await Promise.all([client.me(accessToken), client.me(body.access_token)]);
    expect(linked.body.id).toBe(mine.body.id);
    expect(await identitiesOf(accessToken)).toMatchObject([{ provider: 'alpha', email: email.toUpperCase() }]);
    expect((await client.login(email)).status).toBe(200);
  });

  it('links and unlinks an identity of the logged-in owner, whatever its e-mail address', async () => {
    const { accessToken } = await client.newAccount();
    const subject = beta.person({ email: newEmail(), email_verified: false });
    expect(await link(subject, accessToken, strongPassword, beta)).toMatchObject({ status: 200 });
    // linking it again changes nothing
    const { body: identity } = await link(subject, accessToken, strongPassword, beta);
    expect(await identitiesOf(accessToken)).toEqual([identity]);

    const { body } = await logIn(subject, beta);
    const { body: me } = await client.me(accessToken);
    expect((await client.me(body.access_token)).body.id).toBe(me.id);

    expect((await unlink(identity.id, accessToken)).status).toBe(204);
    expect(outcome(await unlink(identity.id, accessToken))).toEqual([404, 'identity_not_found']);
    expect(outcome(await logIn(subject, beta))).toEqual([403, 'provider_email_unverified']);
    expect(await audited(me.id)).toEqual(expect.arrayContaining(['identity.linked', 'identity.unlinked']));
  });

  it('accepts only the redirect URIs and providers of the settings', async () => {
    const begin = (id: string, redirect_uri: string) =>
      client.call('POST', `/auth/social/${id}/start`, { body: { redirect_uri } });
    expect((await begin('alpha', 'com.example.app:/signed-in')).status).toBe(200);
    for (const other of [`${redirectUri}/`, `${redirectUri}?x=1`, 'https://evil.example/signed-in']) {
      expect(outcome(await begin('alpha', other))).toEqual([422, 'redirect_uri_unknown']);
    }
    expect(outcome(await begin('gamma', redirectUri))).toEqual([404, 'identity_provider_unknown']);
  });
});

describe('a flow', () => {
  it('can only be completed, and only be used up, in the browser that began it', async () => {
    const subject = alpha.person({ email: newEmail(), email_verified: true });
    const [mine, others] = [await start(), await start()];
    const response = await alpha.logIn(mine.url, subject);
    for (const cookie of ['', 'social_flow=', 'social_flow=forged', others.cookie]) {
      expect(outcome(await complete(response, cookie))).toEqual(failed);
    }
    expect((await complete(response, mine.cookie)).status).toBe(200);
  });

  it('is completed once by 20 concurrent requests, and never again', async () => {
    const { url, cookie } = await start();
    const response = await alpha.logIn(url, alpha.person({ email: newEmail(), email_verified: true }));
    const replica = new Client((await startTestService({ ...environment, DATABASE_URL: service.databaseUrl })).url);
    const { exchanges } = alpha;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => complete(response, cookie, alpha, i % 2 === 0 ? client : replica)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(401)]);
    expect(outcome(await complete(response, cookie))).toEqual(failed);
    expect(alpha.exchanges).toBe(exchanges + 1);
  });

  it('rejects a code that was used, or that was issued to another flow', async () => {
    const email = newEmail();
    const subject = alpha.person({ email, email_verified: true });
    const [used, victim, other] = [await start(), await start(), await start()];
    const spent = await alpha.logIn(used.url, subject);
    expect((await complete(spent, used.cookie)).status).toBe(200);
    const [own, stolen] = [await alpha.logIn(other.url, subject), await alpha.logIn(victim.url, subject)];
    expect(outcome(await complete({ ...own, code: stolen.code }, other.cookie))).toEqual(failed);
    const fresh = await start();
    const { state } = await alpha.logIn(fresh.url, subject);
    expect(outcome(await complete({ ...spent, state }, fresh.cookie))).toEqual(failed);
  });

  it.each(['nonce', 'code_challenge'])('is rejected if the provider got another %s', async (parameter) => {
    const { url, cookie } = await start();
    const changed = new URL(url);
    const value = changed.searchParams.get(parameter) ?? '';
    changed.searchParams.set(parameter, value.startsWith('A') ? `B${value.slice(1)}` : `A${value.slice(1)}`);
    const response = await alpha.logIn(changed.href, alpha.person({ email: newEmail(), email_verified: true }));
    expect(outcome(await complete(response, cookie))).toEqual(failed);
  });

  it('is not accepted from another provider', async () => {
    const subject = alpha.person({ email: newEmail(), email_verified: true });
    const { exchanges } = alpha;
    for (const iss of [beta.issuer, undefined]) {
      const { url, cookie } = await start();
      const response = await alpha.logIn(url, subject);
      expect(outcome(await complete({ ...response, iss }, cookie))).toEqual(failed);
    }
    expect(alpha.exchanges).toBe(exchanges);
    const before = beta.exchanges;
    const { url, cookie } = await start();
    const response = await alpha.logIn(url, subject);
    expect(outcome(await complete(response, cookie, beta))).toEqual(failed);
    expect(beta.exchanges).toBe(before);
    expect((await complete(response, cookie)).status).toBe(200);
  });

  it('a login flow cannot link, a linking flow cannot log in, and another account cannot complete it', async () => {
    const [owner, attacker] = [await client.newAccount(), await client.newAccount()];
    const subject = alpha.person({ email: newEmail(), email_verified: true });
    const login = await start();
    const loginResponse = await alpha.logIn(login.url, subject);
    expect(outcome(await completeLink(loginResponse, login.cookie, owner.accessToken))).toEqual(failed);
    const linking = await start(alpha, owner.accessToken, strongPassword);
    const linkResponse = await alpha.logIn(linking.url, subject);
    expect(outcome(await complete(linkResponse, linking.cookie))).toEqual(failed);
    expect(outcome(await completeLink(linkResponse, linking.cookie, attacker.accessToken))).toEqual(failed);
    expect((await completeLink(linkResponse, linking.cookie, owner.accessToken)).status).toBe(200);
  });

  it('has a state that does not work as another token, and accepts no other token as a state', async () => {
    const account = await client.newAccount();
    const { url, cookie } = await start();
    const { code, state, iss } = await alpha.logIn(url, alpha.person({ email: newEmail(), email_verified: true }));
    expect((await client.me(state)).status).toBe(401);
    expect((await client.refresh(state)).status).toBe(401);
    for (const path of ['/auth/magic-link/confirm', '/auth/email-verification/confirm']) {
      expect(outcome(await client.call('POST', path, { body: { token: state } }))).toEqual([
        400,
        'one_time_token_invalid',
      ]);
    }
    expect(outcome(await complete({ code, state: account.refreshToken, iss }, cookie))).toEqual(failed);
    expect((await complete({ code, state, iss }, cookie)).status).toBe(200);
  });

  it('expires after 10 minutes', async () => {
    const { url, cookie } = await start();
    const response = await alpha.logIn(url, alpha.person({ email: newEmail(), email_verified: true }));
    await service.database.query("UPDATE social_flow SET expires_at = expires_at - interval '10 min'");
    expect(outcome(await complete(response, cookie))).toEqual(failed);
  });

  it('is stored without the secrets that complete it', async () => {
    const { url, cookie } = await start();
    const { searchParams } = new URL(url);
    const { rows } = await service.database.query('SELECT f::text AS row FROM social_flow f');
    const stored = JSON.stringify(rows);
    const texts = [cookie.split('=')[1] ?? '', searchParams.get('state') ?? '', searchParams.get('nonce') ?? ''];
    for (const text of texts) {
      expect(text).toHaveLength(43);
      expect(stored).not.toContain(text);
      expect(stored).not.toContain(Buffer.from(text, 'base64url').toString('hex'));
    }
    const { headers } = await client.call('POST', '/auth/social/alpha/start', { body: { redirect_uri: redirectUri } });
    expect(headers.get('set-cookie')).toMatch(/^social_flow=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('is limited per IP address', async () => {
    const limited = await startTestService({ ...environment, LOGIN_ADDRESS_BURST: '3' });
    await holdLimits(limited);
    const strict = new Client(limited.url);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        strict.call('POST', '/auth/social/alpha/start', { body: { redirect_uri: redirectUri } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    const guesses = await Promise.all(
      Array.from({ length: 10 }, () => complete({ code: 'x', state: 'x', iss: alpha.issuer }, '', alpha, strict)),
    );
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(7);
  });
});

describe('an account cannot be taken over', () => {
  const accounts = async () => (await service.database.query('SELECT FROM account')).rowCount;

  it('by an e-mail address that the provider has not verified; the response is the same for unknown ones', async () => {
    const { email } = await client.newAccount();
    await verify(email);
    const before = await accounts();
    for (const claims of [{ email, email_verified: false }, { email }, { email: newEmail() }, {}]) {
      expect(outcome(await logIn(alpha.person(claims)))).toEqual([403, 'provider_email_unverified']);
    }
    expect(await accounts()).toBe(before);
  });

  it('by a person who registered its e-mail address first without verifying it', async () => {
    const { email, accessToken } = await client.newAccount();
    const { status, body } = await logIn(alpha.person({ email, email_verified: true }));
    expect(status).toBe(200);
    expect((await client.me(body.access_token)).body).toMatchObject({ email, email_verified: true });
    expect((await client.me(accessToken)).status).toBe(401);
    expect((await client.login(email)).status).toBe(401);
  });

  it('by a stolen access token', async () => {
    const { accessToken } = await client.newAccount();
    const begin = (body: object) =>
      client.call('POST', '/auth/me/identities/alpha/start', {
        token: accessToken,
        body: { redirect_uri: redirectUri, ...body },
      });
    expect(outcome(await begin({}))).toEqual([403, 'reauthentication_required']);
    expect(outcome(await begin({ password: 'not-the-password' }))).toEqual([403, 'password_incorrect']);
    const guesses = await Promise.all(Array.from({ length: 20 }, () => begin({ password: 'not-the-password' })));
    expect(guesses.filter(({ status }) => status === 403)).toHaveLength(4);
  });

  it('by an old session of an account without a password', async () => {
    const { body } = await logIn(alpha.person({ email: newEmail(), email_verified: true }));
    const begin = () =>
      client.call('POST', '/auth/me/identities/beta/start', {
        token: body.access_token,
        body: { redirect_uri: redirectUri },
      });
    expect((await begin()).status).toBe(200);
    await service.database.query("UPDATE session SET authenticated_at = now() - interval '16 min'");
    expect(outcome(await begin())).toEqual([403, 'reauthentication_required']);
  });

  it('by linking another account’s identity, or unlinking it', async () => {
    const [owner, attacker] = [await client.newAccount(), await client.newAccount()];
    const subject = alpha.person({ email: newEmail(), email_verified: true });
    const { body: identity } = await link(subject, owner.accessToken, strongPassword);
    expect(outcome(await link(subject, attacker.accessToken, strongPassword))).toEqual([409, 'identity_taken']);
    expect(outcome(await unlink(identity.id, attacker.accessToken))).toEqual([404, 'identity_not_found']);
    expect(await identitiesOf(owner.accessToken)).toEqual([identity]);
    const { body: me } = await client.me(attacker.accessToken);
    expect(await audited(me.id)).toContain('identity.link_refused');
  });
});

it('a first login that fails between its writes leaves nothing behind', async () => {
  const { database } = service;
  const count = async () => {
    const { rows } = await database.query(`
      SELECT (SELECT count(*) FROM account) AS accounts, (SELECT count(*) FROM external_identity) AS identities`);
    return rows[0];
  };
  const subject = alpha.person({ email: newEmail(), email_verified: true });
  const before = await count();
  await database.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk on fire'; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON session EXECUTE FUNCTION fail()`);
  expect(outcome(await logIn(subject))).toEqual([500, 'internal_error']);
  expect(await count()).toEqual(before);
  await database.query('DROP TRIGGER fail ON session');
  expect((await logIn(subject)).status).toBe(200);
});

it('10 concurrent first logins of one person register one account', async () => {
  const email = newEmail();
  const subject = alpha.person({ email, email_verified: true });
  const flows = await Promise.all(Array.from({ length: 10 }, () => start()));
  const responses = await Promise.all(flows.map(({ url }) => alpha.logIn(url, subject)));
  const answers = await Promise.all(responses.map((response, index) => complete(response, flows[index]?.cookie ?? '')));
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(10).fill([200, undefined]));
  const ids = await Promise.all(answers.map(async ({ body }) => (await client.me(body.access_token)).body.id));
  expect(new Set(ids).size).toBe(1);
});

it('a login locks the account before the identity, so that concurrent logins never deadlock', async () => {
  const subject = alpha.person({ email: newEmail(), email_verified: true });
  expect((await logIn(subject)).status).toBe(200);
  const holder = await service.database.connect();
  try {
    await holder.query(`SET lock_timeout = '2s'; BEGIN`);
    await holder.query(
      `
      SELECT FROM account WHERE id = (SELECT account_id FROM external_identity WHERE subject = $1) FOR NO KEY UPDATE`,
      [subject],
    );
    const login = logIn(subject);
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await service.database.query(waiting)).rowCount === 0) {
      await setTimeout(20);
    }
    await holder.query('UPDATE external_identity SET last_used_at = now() WHERE subject = $1', [subject]);
    await holder.query('COMMIT');
    expect((await login).status).toBe(200);
  } finally {
    holder.release(true);
  }
});

it('concurrent requests never unlink the last way to log in', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { body } = await logIn(alpha.person({ email: newEmail(), email_verified: true }));
    const token = body.access_token as string;
    const [first] = await identitiesOf(token);
    expect(outcome(await unlink(first?.id ?? '', token))).toEqual([409, 'last_login_method']);
    await link(beta.person({}), token, undefined, beta);
    const identities = await identitiesOf(token);
    const answers = await Promise.all(identities.map(({ id }) => unlink(id, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await identitiesOf(token)).toHaveLength(1);
  }
});

describe('an authorization response', () => {
  it('may contain parameters that are unknown here', async () => {
    const { url, cookie } = await start();
    const response = await alpha.logIn(url, alpha.person({ email: newEmail(), email_verified: true }));
    const more = { scope: 'openid email', authuser: '0', prompt: 'none', hd: 'example.com', session_state: 'x.y' };
    expect((await complete({ ...response, ...more }, cookie)).status).toBe(200);
  });

  it('that the person denied ends the flow, and counts as no failure', async () => {
    const settings = { ...environment, LOGIN_ADDRESS_BURST: '2' };
    const strict = new Client((await startTestService(settings)).url);
    for (let round = 0; round < 4; round += 1) {
      const { url, cookie } = await start(alpha, undefined, undefined, strict);
      const state = new URL(url).searchParams.get('state') ?? '';
      const denied = { error: 'access_denied', error_description: 'no', state, iss: alpha.issuer };
      expect(outcome(await complete(denied, cookie, alpha, strict))).toEqual([403, 'social_login_denied']);
      if (round === 3) {
        expect(outcome(await complete(denied, cookie, alpha, strict))).toEqual(failed);
      }
    }
  });

  it('with another error means that the provider is unavailable; one needs either a code or an error', async () => {
    const { url, cookie } = await start();
    const state = new URL(url).searchParams.get('state') ?? '';
    const { issuer: iss } = alpha;
    expect((await complete({ state, iss }, cookie)).status).toBe(400);
    expect((await complete({ state, iss, code: 'x', error: 'access_denied' }, cookie)).status).toBe(400);
    const answer = await complete({ state, iss, error: 'server_error' }, cookie);
    expect(outcome(answer)).toEqual([503, 'identity_provider_unavailable']);
  });
});

describe('a provider', () => {
  it('may sign with a new key at once', async () => {
    const zeta = await OpenIdProvider.start('zeta');
    const other = new Client((await startTestService({ OIDC_PROVIDERS: JSON.stringify([zeta.settings]) })).url);
    const subject = zeta.person({ email: newEmail(), email_verified: true });
    for (let round = 0; round < 3; round += 1) {
      const { url, cookie } = await start(zeta, undefined, undefined, other);
      expect((await complete(await zeta.logIn(url, subject), cookie, zeta, other)).status).toBe(200);
      await zeta.newKey();
    }
    expect(zeta.exchanges).toBe(3);
  });

  it('that never says whether it has verified e-mail addresses can be trusted by a setting', async () => {
    const providers = [{ ...alpha.settings, trust_email: true }];
    const other = new Client((await startTestService({ OIDC_PROVIDERS: JSON.stringify(providers) })).url);
    const logInWith = async (claims: object) => {
      const { url, cookie } = await start(alpha, undefined, undefined, other);
      return complete(await alpha.logIn(url, alpha.person(claims)), cookie, alpha, other);
    };
    expect((await logInWith({ email: newEmail() })).status).toBe(200);
    expect(outcome(await logInWith({ email: newEmail(), email_verified: false }))).toEqual([
      403,
      'provider_email_unverified',
    ]);
  });

  it('responds 503 within the timeout if the provider does not respond or is unreachable', async () => {
    const gamma = await OpenIdProvider.start('gamma');
    const strict = new Client(
      (
        await startTestService({
          OIDC_PROVIDERS: JSON.stringify([gamma.settings, { ...gamma.settings, id: 'later' }]),
          OIDC_TIMEOUT_MS: '5000',
        })
      ).url,
    );
    const flow = await start(gamma, undefined, undefined, strict);
    const response = await gamma.logIn(flow.url, gamma.person({ email: newEmail(), email_verified: true }));
    gamma.silence();
    const begin = () => strict.call('POST', '/auth/social/later/start', { body: { redirect_uri: redirectUri } });
    for (const step of [begin, () => complete(response, flow.cookie, gamma, strict)]) {
      const began = Date.now();
      const answer = await step();
      expect(outcome(answer)).toEqual([503, 'identity_provider_unavailable']);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(Date.now() - began).toBeLessThan(60_000);
    }
    gamma.stop();
    expect(outcome(await begin())).toEqual([503, 'identity_provider_unavailable']);
  });

  it('is not trusted without a valid signature', async () => {
    const epsilon = await OpenIdProvider.start('epsilon');
    const published = (await (await fetch(`${epsilon.issuer}/jwks`)).json()) as { keys: object[] };
    const { publicKey } = await generateKeyPair('RS256');
    epsilon.foreignKeys = { keys: [{ ...published.keys[0], ...(await exportJWK(publicKey)) }] };
    const other = new Client((await startTestService({ OIDC_PROVIDERS: JSON.stringify([epsilon.settings]) })).url);
    const { url, cookie } = await start(epsilon, undefined, undefined, other);
    const response = await epsilon.logIn(url, epsilon.person({ email: newEmail(), email_verified: true }));
    expect(outcome(await complete(response, cookie, epsilon, other))).toEqual(failed);
  });

  it('is used again without a restart when it recovers', async () => {
    const delta = await OpenIdProvider.start('delta');
    const other = new Client(
      (await startTestService({ OIDC_PROVIDERS: JSON.stringify([delta.settings]), OIDC_TIMEOUT_MS: '5000' })).url,
    );
    delta.silence();
    const begin = () => other.call('POST', '/auth/social/delta/start', { body: { redirect_uri: redirectUri } });
    expect((await begin()).status).toBe(503);
    delta.silence(false);
    expect((await begin()).status).toBe(200);
  });
});
