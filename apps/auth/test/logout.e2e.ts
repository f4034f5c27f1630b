import { beforeAll, describe, expect, it } from 'vitest';
import { SignJWT } from 'jose';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Keyring } from '../src/keyring/index.ts';
import { Client, newAdmin, newEmail, type Answer, type Login } from './support/client.ts';
import { startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;
let signingKey: { kid: string; key: KeyObject };

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
  signingKey = await signingKeyOf(service);
});

async function signingKeyOf({ database, config }: TestService): Promise<{ kid: string; key: KeyObject }> {
  const { rows } = await database.query('SELECT kid, private_key FROM signing_key');
  const { kid, private_key: sealed } = rows[0];
  const pkcs8 = new Keyring(config).decrypt(sealed, kid);
  return { kid, key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) };
}

const outcome = ({ status, body }: Answer) => [status, body?.code];
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
/** The access token of a session as it is after an hour. */
const expired = (token: string, changes: object = {}, { kid, key } = signingKey) => {
  const { iat, exp, ...claims } = claimsOf(token);
  return new SignJWT({ ...claims, iat: iat - 3600, exp: exp - 3600, ...changes })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
    .sign(key);
};
const logout = (token?: string, body?: object, at = client) =>
  at.call('POST', '/auth/logout', { ...(token === undefined ? {} : { token }), ...(body ? { body } : {}) });
const hasEnded = async ({ accessToken, refreshToken }: Login, at = client) => {
  const statuses = [(await at.me(accessToken)).status, (await at.refresh(refreshToken)).status];
  expect(statuses[0]).toBe(statuses[1]);
  return statuses[0] === 401;
};
const revocations = async (email: string) => {
  const { rows } = await service.database.query(
    "SELECT FROM audit_event e JOIN account a ON a.id = e.subject_id WHERE email = $1 AND type = 'session.revoked'",
    [email],
  );
  return rows.length;
};

/** An access token of a service account. */
async function serviceToken(): Promise<string> {
  const { accessToken: token } = await newAdmin(service, client);
  const path = '/auth/admin/service-accounts';
  const made = await client.call('POST', path, { token, body: { name: newEmail(), scopes: ['accounts:read'] } });
  const { body } = await client.call('POST', `${path}/${made.body.id}/keys`, { token, body: {} });
  const form = { grant_type: 'client_credentials', client_id: made.body.id, client_secret: body.key };
  const response = await fetch(`${service.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: issued } = (await response.json()) as { access_token: string };
  return issued;
}

it('a refresh token ends its session whatever the access token is', async () => {
  const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const unusable: Record<string, (token: string) => Promise<string>> = {
    'of an ended session': async (token) => {
      expect((await logout(token)).status).toBe(204);
      return token;
    },
    'of a key that has been withdrawn': (token) => expired(token, {}, { kid: 'unknown', key: foreignKey }),
    forged: (token) => expired(token, {}, { ...signingKey, key: foreignKey }),
    'of another issuer': (token) => expired(token, { iss: 'https://other.example.com' }),
    'not a token': () => Promise.resolve('x'),
    'of a service account': serviceToken,
    empty: () => Promise.resolve(''),
  };
  const answers: Record<string, unknown> = {};
  for (const [name, make] of Object.entries(unusable)) {
    const first = await client.newAccount();
    const login = await client.newSession(first.email);
    const token = await make(first.accessToken);
    const answer = await logout(token, { refresh_token: login.refreshToken });
    answers[name] = [...outcome(answer), await hasEnded(login), outcome(await logout(token))[0]];
  }
  expect(answers).toEqual(Object.fromEntries(Object.keys(unusable).map((name) => [name, [204, undefined, true, 401]])));
});

describe('by an expired access token', () => {
  it('ends its session, once', async () => {
    const login = await client.newAccount();
    const other = await client.newSession(login.email);
    const token = await expired(login.accessToken);
    const answers = await Promise.all(Array.from({ length: 10 }, () => logout(token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204));
    expect(await hasEnded(login)).toBe(true);
    expect(await hasEnded(other)).toBe(false);
    expect(await revocations(login.email)).toBe(1);
  });

  it('ends nothing if the token is not authentic', async () => {
    const login = await client.newAccount();
    const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged: Record<string, Promise<string>> = {
      'another key': expired(login.accessToken, {}, { ...signingKey, key: foreignKey }),
      'an unknown key': expired(login.accessToken, {}, { kid: 'unknown', key: foreignKey }),
      'another issuer': expired(login.accessToken, { iss: 'https://other.example.com' }),
      'another audience': expired(login.accessToken, { aud: 'other' }),
      'another account': expired(login.accessToken, { sub: '01890000-0000-7000-8000-000000000000' }),
    };
    const answers: Record<string, unknown> = {};
    for (const [name, token] of Object.entries(forged)) {
      answers[name] = outcome(await logout(await token));
    }
    expect(answers).toEqual({
      'another key': [401, 'token_invalid'],
      'an unknown key': [401, 'token_invalid'],
      'another issuer': [401, 'token_expired'],
      'another audience': [401, 'token_expired'],
      'another account': [204, undefined],
    });
    expect(await hasEnded(login)).toBe(false);
  });

  it('ends nothing once its signing key has been withdrawn', async () => {
    // a service of its own: the one of the other tests would lose its key, too, when it loads the keys, as it does twice a minute
    const own = await startTestService();
    const at = new Client(own.url);
    const login = await at.newAccount();
    const token = await expired(login.accessToken, {}, await signingKeyOf(own));
    await own.database.query('DELETE FROM signing_key');
    const replica = await startTestService({ DATABASE_URL: own.databaseUrl });
    expect(outcome(await logout(token, undefined, new Client(replica.url)))).toEqual([401, 'token_invalid']);
    await replica.stop();
    expect(await hasEnded(login, at)).toBe(false);
  });

  it('is all that it opens', async () => {
    const { paths } = JSON.parse(readFileSync(join(import.meta.dirname, '../openapi.json'), 'utf8'));
    const token = await expired((await client.newAccount()).accessToken);
    const opened: string[] = [];
    let protectedRoutes = 0;
    for (const [path, operations] of Object.entries<Record<string, { security?: object[] }>>(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (operation.security?.some((scheme) => 'bearer' in scheme)) {
          protectedRoutes += 1;
          const url = path
            .replaceAll(/\{provider\}/g, 'alpha')
            .replaceAll(/\{\w+\}/g, '01890000-0000-7000-8000-000000000000');
          const answer = await client.call(method.toUpperCase(), url, { token });
          if (answer.body?.code !== 'token_expired') {
            opened.push(`${method} ${path} ${String(answer.status)}`);
          }
        }
      }
    }
    expect(protectedRoutes).toBeGreaterThan(40);
    expect(opened).toEqual(['post /auth/logout 204']);
  });
});

describe('by a refresh token alone', () => {
  it('ends its session, once', async () => {
    const login = await client.newAccount();
    const body = { refresh_token: login.refreshToken };
    const answers = await Promise.all(Array.from({ length: 10 }, () => logout(undefined, body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204));
    expect(await hasEnded(login)).toBe(true);
    expect(await revocations(login.email)).toBe(1);
  });

  it('ends its session although the client lost the answer to its refresh', async () => {
    const login = await client.newAccount();
    expect((await client.refresh(login.refreshToken)).status).toBe(200);
    expect((await logout(undefined, { refresh_token: login.refreshToken })).status).toBe(204);
    expect((await client.me(login.accessToken)).status).toBe(401);
  });

  it('is no error if the token is unknown or its session has ended', async () => {
    const login = await client.newAccount();
    const refresh_token = login.refreshToken;
    const forged = `${refresh_token.slice(0, -8)}${refresh_token.at(-8) === 'A' ? 'B' : 'A'}${refresh_token.slice(-7)}`;
    for (const unknown of ['x', 'rt_x', forged]) {
      expect((await logout(undefined, { refresh_token: unknown })).status).toBe(204);
    }
    expect(await hasEnded({ ...login, refreshToken: (await client.refresh(refresh_token)).body.refresh_token })).toBe(
      false,
    );
    expect((await logout(login.accessToken)).status).toBe(204);
    expect((await logout(undefined, { refresh_token })).status).toBe(204);
  });

  it('also ends the session of the access token', async () => {
    const login = await client.newAccount();
    const other = await client.newSession(login.email);
    expect((await logout(login.accessToken, { refresh_token: other.refreshToken })).status).toBe(204);
    expect(await hasEnded(login)).toBe(true);
    expect(await hasEnded(other)).toBe(true);
  });
});

it('requires one of the two, and takes nothing else', async () => {
  const { accessToken } = await client.newAccount();
  expect(outcome(await logout())).toEqual([401, 'token_missing']);
  expect(outcome(await logout(undefined, {}))).toEqual([401, 'token_missing']);
  expect(outcome(await logout(accessToken, { all: true }))).toEqual([400, 'validation_failed']);
  expect(outcome(await logout(undefined, { refresh_token: '' }))).toEqual([400, 'validation_failed']);
});
