import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrol } from './support/authenticator-app.ts';
import { Browser } from './support/browser.ts';
import { Client, newAdmin, newEmail, noProfile, type Answer } from './support/client.ts';
import { meet, untilWaiting } from './support/locks.ts';
import { Mailbox } from './support/mailbox.ts';
import { OpenIdProvider, redirectUri } from './support/openid-provider.ts';
import { addApplication } from './support/relying-party.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let browser: Browser;
let provider: OpenIdProvider;
let admin: { accessToken: string };
let applicationId: string;

const nextPassword = 'amber-heron-reads-97-maps';

beforeAll(async () => {
  [mailbox, browser, provider] = await Promise.all([Mailbox.open(), Browser.start(), OpenIdProvider.start('alpha')]);
  service = await startTestService({
    SMTP_URL: mailbox.url,
    WEBAUTHN_ORIGINS: browser.origin(),
    OIDC_PROVIDERS: JSON.stringify([provider.settings]),
  });
  client = new Client(service.url);
  admin = await newAdmin(service);
  applicationId = await addApplication(service, { client_id: 'stranger', first_party: false });
});
afterAll(() => browser.stop());
beforeEach(async () => {
  await browser.newAuthenticator();
  await service.database.query('DELETE FROM attempt');
});

const outcome = ({ status, body }: Answer) => [status, body?.code];
const used = [400, 'one_time_token_invalid'];
const post = (path: string, body?: object, token?: string) =>
  client.call('POST', path, { ...(body ? { body } : {}), ...(token === undefined ? {} : { token }) });
const verify = (email: string) =>
  service.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
const idOf = async (token: string) => (await client.me(token)).body.id as string;

const changePassword = (token: string) =>
  client.call('PUT', '/auth/me/password', {
    token,
    body: { current_password: strongPassword, new_password: nextPassword },
  });
const reset = async (email: string, password = nextPassword) => {
  await post('/auth/password-reset', { email });
  return post('/auth/password-reset/confirm', { token: await mailbox.token(email, /new password/), password });
};
const magicLink = async (email: string) => {
  await post('/auth/magic-link', { email });
  return mailbox.token(email, /link to sign in/);
};

/** Logs a person in at the provider, and completes the flow here. */
const socialLogin = async (subject: string, token?: string) => {
  const path = token === undefined ? '/auth/social/alpha' : '/auth/me/identities/alpha';
  const options = token === undefined ? {} : { token };
  const body = { redirect_uri: redirectUri, ...(token === undefined ? {} : { password: strongPassword }) };
  const started = await client.call('POST', `${path}/start`, { body, ...options });
  const cookie = started.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const answer = await provider.logIn(started.body.authorization_url, subject);
  return client.call('POST', `${path}/complete`, { body: answer, headers: { cookie }, ...options });
};
const addPasskey = async (token: string) => {
  const { body } = await post('/auth/passkey-options', { password: strongPassword }, token);
  const { status } = await post('/auth/passkeys', { name: 'laptop', credential: await browser.create(body) }, token);
  expect(status).toBe(201);
};
const passkeyLogin = async () => {
  const { body } = await post('/auth/login/passkey/options');
  return post('/auth/login/passkey', { credential: await browser.get(body) });
};

/** Lets an application of others use an account, as its owner does on the page that asks for it. */
const consent = (email: string) =>
  service.database.query(
    `INSERT INTO openid_consent (account_id, application_id, permissions)
     SELECT id, $2, '{openid}' FROM account WHERE email = $1`,
    [email, applicationId],
  );
const consents = async (email: string) => {
  const { rows } = await service.database.query(
    'SELECT permissions FROM openid_consent c JOIN account a ON a.id = c.account_id WHERE a.email = $1',
    [email],
  );
  return rows;
};

describe('a pending change of the e-mail address', () => {
  const ends: Record<string, (account: { email: string; accessToken: string; id: string }) => Promise<Answer>> = {
    'a new password': ({ accessToken }) => changePassword(accessToken),
    'a password reset': ({ email }) => reset(email),
    'logging out everywhere': ({ accessToken }) => post('/auth/logout-all', undefined, accessToken),
    'a password reset forced by an admin': ({ id }) =>
      post(`/auth/admin/accounts/${id}/password-reset`, undefined, admin.accessToken),
    'disabling and enabling the account': async ({ id }) => {
      await post(`/auth/admin/accounts/${id}/disable`, undefined, admin.accessToken);
      return post(`/auth/admin/accounts/${id}/enable`, undefined, admin.accessToken);
    },
  };

  it.each(Object.entries(ends))('ends with %s, as do links that were mailed before', async (_name, end) => {
    const account = await client.newAccount();
    await verify(account.email);
    const id = await idOf(account.accessToken);
    const thief = newEmail();
    const body = { email: thief, password: strongPassword };
    const token = account.accessToken;
    expect((await client.call('PUT', '/auth/me/email', { token, body })).status).toBe(202);
    const change = await mailbox.token(thief, /new e-mail address/);
    const link = await magicLink(account.email);
    await post('/auth/password-reset', { email: account.email });
    const resetToken = await mailbox.token(account.email, /new password/);
    expect((await end({ ...account, id })).status).toBeLessThan(300);
    expect(outcome(await post('/auth/email-change/confirm', { token: change }))).toEqual(used);
    expect(outcome(await post('/auth/magic-link/confirm', { token: link }))).toEqual(used);
    const again = { token: resetToken, password: 'copper-badger-waits-11-days' };
    expect(outcome(await post('/auth/password-reset/confirm', again))).toEqual(used);
    const { rows } = await service.database.query('SELECT email FROM account WHERE id = $1', [id]);
    expect(rows).toEqual([{ email: account.email }]);
  });
});

it('a link that was requested while the account was disabled does not open it once it is enabled', async () => {
  const account = await client.newAccount();
  await verify(account.email);
  const path = `/auth/admin/accounts/${await idOf(account.accessToken)}`;
  expect((await post(`${path}/disable`, undefined, admin.accessToken)).status).toBe(204);
  const link = await magicLink(account.email);
  await post('/auth/password-reset', { email: account.email });
  const token = await mailbox.token(account.email, /new password/);
  expect((await post(`${path}/enable`, undefined, admin.accessToken)).status).toBe(204);
  expect(outcome(await post('/auth/magic-link/confirm', { token: link }))).toEqual(used);
  expect(outcome(await post('/auth/password-reset/confirm', { token, password: nextPassword }))).toEqual(used);
  expect((await client.login(account.email)).status).toBe(200);
});

it('a password reset opens each limit that others have blocked for the owner', async () => {
  const { email, accessToken } = await client.newAccount();
  await verify(email);
  const { app, recoveryCodes } = await enrol(client, accessToken);
  const wrong = 'a wrong but long password';
  const challenge = async (password: string, cookie?: string) =>
    (await client.login(email, password, cookie)).body.mfa_token as string;
  const answer = (token: string, code = '') => post('/auth/login/mfa', { mfa_token: token, code });
  const cookieOf = ({ headers }: Answer) => headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const known = cookieOf(await answer(await challenge(strongPassword), recoveryCodes[0]));

  for (const cookie of [known, undefined]) {
    expect((await answer(await challenge(strongPassword, cookie), app.wrongCode())).status).toBe(403);
  }
  expect((await post('/auth/mfa/step-up', { code: app.wrongCode() }, accessToken)).status).toBe(403);
  const change = { current_password: wrong, new_password: nextPassword };
  expect((await client.call('PUT', '/auth/me/password', { token: accessToken, body: change })).status).toBe(403);
  for (const cookie of [known, undefined]) {
    expect((await client.login(email, wrong, cookie)).status).toBe(401);
  }
  const { rowCount } = await service.database.query(
    `UPDATE attempt SET blocked_until = now() + interval '15 min'
     WHERE key ~ '^(login|mfa|password):(account|known-devices|known-sessions):'`,
  );
  expect(rowCount).toBe(6);

  expect((await reset(email)).status).toBe(204);
  const first = await answer(await challenge(nextPassword), recoveryCodes[1]);
  expect(first.status).toBe(200);
  const second = await answer(await challenge(nextPassword, cookieOf(first)), recoveryCodes[2]);
  expect(second.status).toBe(200);
  const token = second.body.access_token as string;
  expect((await post('/auth/mfa/step-up', { code: recoveryCodes[3] }, token)).status).toBe(200);
  const removed = await client.call('DELETE', '/auth/mfa/totp', { token, body: { password: nextPassword } });
  expect(removed.status).toBe(204);
});

describe('an account that somebody else registered before the mailbox’s owner came', () => {
  const doors: Record<string, (email: string) => Promise<Answer>> = {
    'a password reset': (email) => reset(email),
    'a magic link': async (email) => post('/auth/magic-link/confirm', { token: await magicLink(email) }),
    'the verification mail': async (email) =>
      post('/auth/email-verification/confirm', { token: await mailbox.token(email, /Confirm your e-mail/) }),
    'an identity provider': (email) => socialLogin(provider.person({ email, email_verified: true })),
  };

  it.each(Object.entries(doors))('keeps nothing of theirs once the owner comes by %s', async (_name, open) => {
    const squatter = await client.newAccount();
    const profile = {
      name: 'Mallory',
      picture: 'https://example.com/m.png',
      zoneinfo: 'Asia/Tokyo',
      public_metadata: { plan: 'x' },
    };
    const token = squatter.accessToken;
    expect((await client.call('PATCH', '/auth/me', { token, body: profile })).status).toBe(200);
    const path = `/auth/admin/accounts/${await idOf(token)}`;
    const stated = { private_metadata: { customer: 'c-1815' } };
    await client.call('PATCH', path, { token: admin.accessToken, body: stated });
    await consent(squatter.email);
    const mfa = await client.newSession(squatter.email);
    await addPasskey(mfa.accessToken);
    const subject = provider.person({ email: newEmail(), email_verified: true });
    expect((await socialLogin(subject, mfa.accessToken)).status).toBe(200);
    const { app, recoveryCodes } = await enrol(client, mfa.accessToken);
    const challenge = (await client.login(squatter.email)).body.mfa_token as string;

    expect((await open(squatter.email)).status).toBeLessThan(300);

    expect((await client.me(mfa.accessToken)).status).toBe(401);
    expect((await client.refresh(mfa.refreshToken)).status).toBe(401);
    expect((await passkeyLogin()).status).toBe(401);
    expect((await client.login(squatter.email)).status).toBe(401);
    for (const code of [app.code(), recoveryCodes[0]]) {
      expect((await post('/auth/login/mfa', { mfa_token: challenge, code })).status).toBe(401);
    }
    // the squatter's identity leads to an account of its own, or nowhere
    const byIdentity = await socialLogin(subject);
    if (byIdentity.status === 200) {
      expect((await client.me(byIdentity.body.access_token)).body.email).not.toBe(squatter.email);
    }
    const { rows } = await service.database.query(
      `SELECT second_factor, email_verified_at IS NOT NULL AS verified,
         (SELECT count(*)::int FROM recovery_code WHERE account_id = a.id) AS codes
       FROM account a WHERE email = $1`,
      [squatter.email],
    );
    expect(rows).toEqual([{ second_factor: false, verified: true, codes: 0 }]);
    expect(await consents(squatter.email)).toEqual([]);
    const { body: account } = await client.call('GET', path, { token: admin.accessToken });
    expect(account).toMatchObject({ ...noProfile, ...stated });
  });

  it('keeps the profile that an admin has given to an account that nobody could log in to', async () => {
    const email = newEmail();
    const invited = await post('/auth/admin/invitations', { email, name: 'Ada King', locale: 'fr' }, admin.accessToken);
    const token = await mailbox.token(email, /.+/);
    expect((await post('/auth/invitations/accept', { token, password: nextPassword })).status).toBe(204);
    const { body } = await client.call('GET', `/auth/admin/accounts/${String(invited.body.id)}`, {
      token: admin.accessToken,
    });
    expect(body).toMatchObject({ name: 'Ada King', locale: 'fr' });
  });

  it('keeps all when its holder brings the proof, by the session or the password', async () => {
    const bySession = await client.newAccount();
    const token = await mailbox.token(bySession.email, /Confirm your e-mail/);
    expect((await post('/auth/email-verification/confirm', { token }, bySession.accessToken)).status).toBe(204);
    expect((await client.me(bySession.accessToken)).body.email_verified).toBe(true);
    expect((await client.refresh(bySession.refreshToken)).status).toBe(200);

    const byPassword = await client.newAccount();
    const proof = {
      token: await mailbox.token(byPassword.email, /Confirm your e-mail/),
      password: strongPassword,
    };
    const wrong = { ...proof, password: nextPassword };
    expect(outcome(await post('/auth/email-verification/confirm', wrong))).toEqual([403, 'password_incorrect']);
    expect((await post('/auth/email-verification/confirm', proof)).status).toBe(204);
    expect((await client.me(byPassword.accessToken)).body.email_verified).toBe(true);
  });

  it('keeps the link if its access token is not valid', async () => {
    const { email, accessToken, refreshToken } = await client.newAccount();
    const token = await mailbox.token(email, /Confirm your e-mail/);
    const path = '/auth/email-verification/confirm';
    expect(outcome(await post(path, { token }, `${accessToken}x`))).toEqual([401, 'token_invalid']);
    expect((await client.refresh(refreshToken)).status).toBe(200);
    expect((await post(path, { token }, accessToken)).status).toBe(204);
  });

  it('keeps no session of theirs that begins while the owner comes', async () => {
    const { email } = await client.newAccount();
    const token = await magicLink(email);
    const logins = Promise.all(Array.from({ length: 10 }, () => client.login(email)));
    const owner = await post('/auth/magic-link/confirm', { token });
    expect(owner.status).toBe(200);
    for (const { status, body } of await logins) {
      expect([200, 401, 429]).toContain(status);
      expect((await client.me(body.access_token ?? '')).status).toBe(401);
    }
    expect((await client.me(owner.body.access_token)).status).toBe(200);
  });

  it('does not let the session of another account vouch for it', async () => {
    const squatter = await client.newAccount();
    const other = await client.newAccount();
    const token = await mailbox.token(squatter.email, /Confirm your e-mail/);
    expect((await post('/auth/email-verification/confirm', { token }, other.accessToken)).status).toBe(204);
    expect((await client.me(squatter.accessToken)).status).toBe(401);
    expect((await client.me(other.accessToken)).body.email_verified).toBe(false);
  });

  it('keeps all once it is verified, however its owner comes', async () => {
    const owner = await client.newAccount();
    await verify(owner.email);
    await addPasskey(owner.accessToken);
    expect((await post('/auth/magic-link/confirm', { token: await magicLink(owner.email) })).status).toBe(200);
    expect((await client.me(owner.accessToken)).status).toBe(200);
    expect((await passkeyLogin()).status).toBe(200);
    const subject = provider.person({ email: owner.email, email_verified: true });
    expect((await socialLogin(subject)).status).toBe(200);
    expect((await client.login(owner.email)).status).toBe(200);
  });
});

describe('a password reset forced by an admin', () => {
  const force = async (id: string) => {
    const answer = await post(`/auth/admin/accounts/${id}/password-reset`, undefined, admin.accessToken);
    expect(answer.status).toBe(204);
  };

  it('leaves nothing from before that opens the account', async () => {
    const account = await client.newAccount();
    await verify(account.email);
    const id = await idOf(account.accessToken);
    await addPasskey(account.accessToken);
    const subject = provider.person({ email: newEmail(), email_verified: true });
    expect((await socialLogin(subject, account.accessToken)).status).toBe(200);
    const { app } = await enrol(client, account.accessToken);
    const challenge = (await client.login(account.email)).body.mfa_token as string;
    await consent(account.email);

    await force(id);
    expect(await consents(account.email)).toEqual([]);

    expect((await passkeyLogin()).status).toBe(401);
    expect((await post('/auth/login/mfa', { mfa_token: challenge, code: app.code() })).status).toBe(401);
    const byIdentity = await socialLogin(subject);
    if (byIdentity.status === 200) {
      expect((await client.me(byIdentity.body.access_token)).body.id).not.toBe(id);
    }
    const token = await mailbox.token(account.email, /new password/);
    const same = await post('/auth/password-reset/confirm', { token, password: strongPassword });
    expect(outcome(same)).toEqual([422, 'password_reused']);
    expect((await post('/auth/password-reset/confirm', { token, password: nextPassword })).status).toBe(204);
  });

  it('ends an unused invitation', async () => {
    const email = newEmail();
    const invited = await post('/auth/admin/invitations', { email }, admin.accessToken);
    const token = await mailbox.token(email, /invited/);
    await force(invited.body.id);
    expect(outcome(await post('/auth/invitations/accept', { token, password: nextPassword }))).toEqual(used);
  });

  it('lets no login, e-mail change or second factor that is under way through', async () => {
    for (let round = 0; round < 12; round += 1) {
      const account = await client.newAccount();
      const id = await idOf(account.accessToken);
      const thief = newEmail();
      const [login, change] = await Promise.all([
        client.login(account.email),
        client.call('PUT', '/auth/me/email', {
          token: account.accessToken,
          body: { email: thief, password: strongPassword },
        }),
        force(id),
      ]);
      if (login.status === 200) {
        expect((await client.me(login.body.access_token)).status).toBe(401);
      }
      expect([202, 401, 403]).toContain(change.status);
      const { rows } = await service.database.query(
        `SELECT purpose FROM one_time_token WHERE account_id = $1 AND purpose = 'email_change'
         UNION ALL SELECT 'session' FROM session WHERE account_id = $1`,
        [id],
      );
      expect(rows).toEqual([]);
      await service.database.query('DELETE FROM attempt');
    }
  });
});

describe('what opens an account', () => {
  it('is listed and removed by admins: passkeys and identities', async () => {
    const account = await client.newAccount();
    const id = await idOf(account.accessToken);
    await addPasskey(account.accessToken);
    const subject = provider.person({ email: newEmail(), email_verified: true });
    expect((await socialLogin(subject, account.accessToken)).status).toBe(200);
    for (const kind of ['passkeys', 'identities']) {
      const path = `/auth/admin/accounts/${id}/${kind}`;
      const list = (await client.call('GET', path, { token: admin.accessToken })).body[kind];
      expect(list).toHaveLength(1);
      const one = `${path}/${String(list[0].id)}`;
      expect((await client.call('DELETE', one, { token: admin.accessToken })).status).toBe(204);
      expect((await client.call('DELETE', one, { token: admin.accessToken })).status).toBe(404);
      expect((await client.call('GET', path, { token: account.accessToken })).status).toBe(403);
    }
    expect((await passkeyLogin()).status).toBe(401);
  });

  it('is not thrown away by the last admin who can log in', async () => {
    const lone = await startTestService();
    const itself = await newAdmin(lone);
    const call = { token: itself.accessToken, body: { password: strongPassword } };
    expect(outcome(await new Client(lone.url).call('DELETE', '/auth/me', call))).toEqual([409, 'last_admin']);
  });
});

describe('a request under way', () => {
  const firstOf = async (path: string, token: string) => {
    const { body } = await client.call('GET', path, { token });
    return `${path}/${String((Object.values(body)[0] as { id: string }[])[0]?.id)}`;
  };
  const withPassword = (method: string, path: string, token: string) =>
    client.call(method, path, { token, body: { password: strongPassword } });
  const state = async (email: string) => {
    const { rows } = await service.database.query(
      `SELECT password_hash, second_factor,
         ARRAY(SELECT purpose FROM one_time_token WHERE account_id = a.id ORDER BY 1) AS tokens,
         (SELECT count(*)::int FROM passkey WHERE account_id = a.id) AS passkeys,
         (SELECT count(*)::int FROM external_identity WHERE account_id = a.id) AS identities,
         (SELECT count(*)::int FROM totp WHERE account_id = a.id) AS apps
       FROM account a WHERE email = $1`,
      [email],
    );
    return rows[0];
  };
  /** Sends a request that has to wait for the account, and does something else meanwhile. */
  const meanwhile = (email: string, send: () => Promise<Answer>, act: () => Promise<Answer>) =>
    meet(service, (held) => held.query('SELECT FROM account WHERE email = $1 FOR UPDATE', [email]), [
      send,
      async () => {
        await untilWaiting(service.database, 1);
        return act();
      },
    ]);

  /** Prepares the account of a session, and returns the request. */
  const requests: Record<string, (token: string) => Promise<() => Promise<Answer>>> = {
    'changes no password': (token) => Promise.resolve(() => changePassword(token)),
    'requests no change of the e-mail address': (token) => {
      const body = { email: newEmail(), password: strongPassword };
      return Promise.resolve(() => client.call('PUT', '/auth/me/email', { token, body }));
    },
    'deletes no passkey': async (token) => {
      await addPasskey(token);
      const path = await firstOf('/auth/passkeys', token);
      return () => withPassword('DELETE', path, token);
    },
    'unlinks no identity': async (token) => {
      await socialLogin(provider.person({ email: newEmail(), email_verified: true }), token);
      const path = await firstOf('/auth/me/identities', token);
      return () => client.call('DELETE', path, { token });
    },
    'sets up no authenticator app': (token) => Promise.resolve(() => withPassword('POST', '/auth/mfa/totp', token)),
    'removes no authenticator app': async (token) => {
      await enrol(client, token);
      return () => withPassword('DELETE', '/auth/mfa/totp', token);
    },
    'deletes no account': (token) => Promise.resolve(() => withPassword('DELETE', '/auth/me', token)),
  };

  it.each(Object.entries(requests))('%s once its session has ended', async (_name, prepare) => {
    const { email, accessToken } = await client.newAccount();
    await verify(email);
    const send = await prepare(accessToken);
    const before = await state(email);
    const [answer, end] = await meanwhile(email, send, () => post('/auth/logout', undefined, accessToken));
    expect(end?.status).toBe(204);
    expect(await state(email)).toEqual(before);
    expect(answer && outcome(answer)).toEqual([401, 'token_invalid']);
  });

  it.each(['a logout', 'a logout of all other devices'])('that is not over delays the answer to %s', async (end) => {
    const { email, accessToken } = await client.newAccount();
    const other = await client.newSession(email);
    await addPasskey(accessToken);
    const path = await firstOf('/auth/passkeys', accessToken);
    const [removal, logout] = await meet(service, (held) => held.query('SELECT FROM passkey FOR UPDATE'), [
      async () => ({ ...(await withPassword('DELETE', path, accessToken)), passkeys: undefined }),
      async () => {
        await untilWaiting(service.database, 1);
        const [route, token] = end === 'a logout' ? ['logout', accessToken] : ['logout-others', other.accessToken];
        const answer = await post(`/auth/${route}`, undefined, token);
        return { ...answer, passkeys: (await state(email)).passkeys };
      },
    ]);
    expect([removal?.status, logout?.status]).toEqual([204, 204]);
    expect(logout?.passkeys).toBe(0);
    expect((await client.me(accessToken)).status).toBe(401);
  });

  it('does not collide with one that ends other sessions', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { email, accessToken } = await client.newAccount();
      const others = await Promise.all(Array.from({ length: 4 }, () => client.newSession(email)));
      const answers = await Promise.all([
        changePassword(accessToken),
        ...others.map((other) => post('/auth/logout-others', undefined, other.accessToken)),
      ]);
      expect(answers.filter(({ status }) => ![204, 401, 403].includes(status))).toEqual([]);
    }
  });

  it('deletes no passkey by a password that has been changed', async () => {
    const { email, accessToken } = await client.newAccount();
    await verify(email);
    await addPasskey(accessToken);
    const path = await firstOf('/auth/passkeys', accessToken);
    const [change, removal] = await meanwhile(
      email,
      () => changePassword(accessToken),
      () => withPassword('DELETE', path, accessToken),
    );
    expect(change?.status).toBe(204);
    expect(removal && outcome(removal)).toEqual([403, 'password_incorrect']);
    expect((await passkeyLogin()).status).toBe(200);
  });

  it.each(['the owner', 'an admin'])('logs nobody in by an identity that %s has unlinked', async (by) => {
    const { email, accessToken } = await client.newAccount();
    await verify(email);
    const subject = provider.person({ email: newEmail(), email_verified: true });
    const { body: identity } = await socialLogin(subject, accessToken);
    const { recoveryCodes } = await enrol(client, accessToken);
    const { body: login } = await socialLogin(subject);
    const [path, token] =
      by === 'the owner'
        ? ['/auth/me', accessToken]
        : [`/auth/admin/accounts/${await idOf(accessToken)}`, admin.accessToken];
    const unlinked = await client.call('DELETE', `${path}/identities/${String(identity.id)}`, { token });
    expect(unlinked.status).toBe(204);
    const answer = await post('/auth/login/mfa', { mfa_token: login.mfa_token, code: recoveryCodes[0] });
    expect(answer.status).toBe(401);
  });
});
