import { beforeAll, describe, expect, it } from 'vitest';
import { Test } from '@nestjs/testing';
import { SignJWT } from 'jose';
import { createPrivateKey } from 'node:crypto';
import { requestIds } from '../../../libs/common/src/logging/request-log.ts';
import { HousekeepingService } from '../src/housekeeping/index.ts';
import { loadAuthConfig } from '../src/config.ts';
import { AppModule } from '../src/app.module.ts';
import { Keyring } from '../src/keyring/index.ts';
import { SigningKeysService } from '../src/signing-keys/index.ts';
import { Client, newAdmin } from './support/client.ts';
import { startTestService, testEnvironment, type TestService } from './support/service.ts';
import { recordStatements } from './support/statements.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

const jwks = async () => {
  const { body } = await client.call('GET', '/.well-known/jwks.json');
  return body.keys as Record<string, string>[];
};
const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid as string;

describe('GET /.well-known/jwks.json', () => {
  it('returns only public keys, and how long to cache them', async () => {
    const { headers, body } = await client.call('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(body.keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: expect.any(String),
        x: expect.any(String),
        y: expect.any(String),
      },
      {
        kty: 'RSA',
        alg: 'RS256',
        use: 'sig',
        kid: expect.any(String),
        n: expect.stringMatching(/^[\w-]{342}$/),
        e: 'AQAB',
      },
    ]);
  });

  it('is the same at all replicas from the first request on', async () => {
    const first = await startTestService();
    const second = await startTestService({ DATABASE_URL: first.databaseUrl });
    const sets = await Promise.all(
      [first, second, first].map(async ({ url }) => (await new Client(url).call('GET', '/.well-known/jwks.json')).body),
    );
    expect(sets[0].keys).toHaveLength(2);
    expect(sets).toEqual(sets.map(() => sets[0]));
  });
});

describe('POST /auth/keys/rotate', () => {
  it('publishes a successor before its first use, and keeps the old key until its last token has expired', async () => {
    const admin = await newAdmin(service);
    const old = await jwks();
    const { status, body } = await client.call('POST', '/auth/keys/rotate', { token: admin.accessToken });
    expect(status).toBe(200);
    expect(Math.round((Date.parse(body.active_from) - Date.now()) / 1000)).toBeGreaterThan(590);
    expect(await jwks()).toEqual([
      expect.objectContaining({ kty: 'EC', kid: body.kid }),
      expect.objectContaining({ kty: 'RSA' }),
      ...old,
    ]);
    expect(kidOf((await client.newSession(admin.email)).accessToken)).toBe(old[0]?.['kid']);

    // the successor signs; until all tokens of the old key have expired, ID tokens last, it still verifies
    let passed = 0;
    const replicaAfter = async (seconds: number) => {
      await service.database.query(
        `UPDATE signing_key SET active_from = active_from - make_interval(secs => $1),
           rsa_active_from = rsa_active_from - make_interval(secs => $1)`,
        [seconds - passed],
      );
      passed = seconds;
      return new Client((await startTestService({ DATABASE_URL: service.databaseUrl })).url);
    };
    for (const seconds of [601, 601 + 3600]) {
      const replica = await replicaAfter(seconds);
      expect(kidOf((await replica.newSession(admin.email)).accessToken)).toBe(body.kid);
      expect((await replica.me(admin.accessToken)).status).toBe(200);
    }

    // then it is deleted
    expect((await (await replicaAfter(601 + 3721)).me(admin.accessToken)).body.code).toBe('token_invalid');
  });
});

it('made-up key ids cost one query a second', async () => {
  const { sent, stop } = recordStatements(() => requestIds().request_id !== undefined);
  const began = Date.now();
  for (let i = 0; i < 40; i += 1) {
    const header = { alg: 'ES256', typ: 'at+jwt', kid: `made-up-${String(i)}` };
    const token = [header, {}].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const { body } = await client.me(`${token}.${Buffer.alloc(64).toString('base64url')}`);
    expect(body.code).toBe('token_invalid');
  }
  stop();
  const queries = sent.filter((text) => text.includes('signing-keys.list'));
  expect(queries.length).toBeLessThanOrEqual(1 + Math.floor((Date.now() - began) / 1000));
});

it('an old key is rotated by itself, once for all replicas', async () => {
  const config = loadAuthConfig(testEnvironment({ DATABASE_URL: service.databaseUrl }));
  const build = () => Test.createTestingModule({ imports: [AppModule.register(config)] }).compile();
  const replicas = await Promise.all([build(), build(), build()]);
  await Promise.all(replicas.map((replica) => replica.init()));
  const keyCounts = () =>
    replicas.map((replica) => replica.get(SigningKeysService, { strict: false }).publicKeys().keys.length);
  const [before] = keyCounts();
  await service.database.query("UPDATE signing_key SET created_at = created_at - interval '31 days'");
  await Promise.all(replicas.map((replica) => replica.get(HousekeepingService, { strict: false }).runRound()));
  await Promise.all(replicas.map((replica) => replica.get(HousekeepingService, { strict: false }).runRound()));
  // one for each algorithm
  expect(keyCounts()).toEqual(replicas.map(() => Number(before) + 2));
  await Promise.all(replicas.map((replica) => replica.close()));
});

it('private keys are stored encrypted; a replica with another key-encryption key is not ready', async () => {
  const { rows } = await service.database.query('SELECT private_key, rsa_private_key FROM signing_key');
  // the object identifiers of their algorithms
  expect(rows[0].private_key.includes(Buffer.from('2a8648ce3d0301', 'hex'))).toBe(false);
  expect(rows[0].rsa_private_key.includes(Buffer.from('2a864886f70d010101', 'hex'))).toBe(false);
  const stranger = await startTestService({
    DATABASE_URL: service.databaseUrl,
    KEY_ENCRYPTION_KEYS: Buffer.alloc(32, 1).toString('base64'),
  });
  const { status, body } = await new Client(stranger.url).call('GET', '/health/ready');
  expect([status, body.error.signing_key.message]).toEqual([503, 'there is no signing key']);
});

it('a private key is of no use in the row of another one', async () => {
  // a service of its own: the one of the other tests could load the keys, as it does twice a minute
  const { url, database, ...own } = await startTestService();
  const { accessToken: token } = await newAdmin({ url, database, ...own });
  expect((await new Client(url).call('POST', '/auth/keys/rotate', { token })).status).toBe(200);
  const swap = 'UPDATE signing_key k SET private_key = o.private_key FROM signing_key o WHERE k.kid <> o.kid';
  expect((await database.query(swap)).rowCount).toBe(2);
  const replica = await startTestService({ DATABASE_URL: own.databaseUrl });
  expect((await new Client(replica.url).call('GET', '/health/ready')).status).toBe(503);
});

describe('access tokens', () => {
  const forge = (token: string, change: (header: Record<string, unknown>, claims: Record<string, unknown>) => void) => {
    const [header, claims, signature] = token.split('.');
    const parts = [header, claims].map((part) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()));
    change(parts[0], parts[1]);
    return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), signature].join('.');
  };

  let rsaKid: string | undefined;
  beforeAll(async () => {
    rsaKid = (await jwks()).find(({ kty }) => kty === 'RSA')?.['kid'];
  });

  it.each<[string, Parameters<typeof forge>[1]]>([
    ['without an algorithm', (header) => (header['alg'] = 'none')],
    ['with a symmetric algorithm', (header) => (header['alg'] = 'HS256')],
    ['of another type', (header) => (header['typ'] = 'JWT')],
    ['of an unknown key', (header) => (header['kid'] = 'unknown')],
    ['of a key for ID tokens', (header) => (header['kid'] = rsaKid)],
    ['without a key', (header) => delete header['kid']],
    ['of another account', (_header, claims) => (claims['sub'] = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10')],
  ])('rejects tokens %s', async (_name, change) => {
    const { accessToken } = await client.newAccount();
    const answer = await client.me(forge(accessToken, change));
    expect([answer.status, answer.body.code]).toEqual([401, 'token_invalid']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it.each(['', 'a', 'a.b', 'a.b.c', '..', 'e30.e30.e30', 'bnVsbA.e30.', '💥'])(
    'rejects a token with the text %p',
    async (token) => {
      const answer = await fetch(`${service.url}/auth/me`, {
        headers: { authorization: `Bearer ${Buffer.from(token).toString('latin1')}` },
      });
      expect(answer.status).toBe(401);
    },
  );

  it.each<[string, string, object]>([
    ['of another type', 'JWT', {}],
    ['without an expiry', 'at+jwt', { exp: undefined }],
    ['without a session', 'at+jwt', { sid: undefined }],
    ['whose roles are not a list', 'at+jwt', { roles: 'admin' }],
    ['for another audience', 'at+jwt', { aud: 'another' }],
    ['that are not yet valid', 'at+jwt', { nbf: Math.floor(Date.now() / 1000) + 3600 }],
  ])('rejects tokens %s, although this service’s key signed them', async (_name, typ, change) => {
    const { accessToken } = await client.newAccount();
    const [header, claims] = accessToken
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    const { rows } = await service.database.query('SELECT private_key FROM signing_key WHERE kid = $1', [header.kid]);
    const pkcs8 = new Keyring(service.config).decrypt(rows[0].private_key, header.kid);
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const sign = (signedHeader: object, signedClaims: object) =>
      new SignJWT({ ...signedClaims }).setProtectedHeader({ alg: 'ES256', ...signedHeader }).sign(key);
    expect((await client.me(await sign(header, claims))).status).toBe(200);
    const { status, body } = await client.me(await sign({ ...header, typ }, { ...claims, ...change }));
    expect([status, body.code]).toEqual([401, 'token_invalid']);
  });

  it('rejects tokens of another issuer, and expired ones with their own code', async () => {
    const elsewhere = await startTestService({
      DATABASE_URL: service.databaseUrl,
      TOKEN_ISSUER: 'https://other.example',
      ACCESS_TOKEN_TTL_SECONDS: '1',
    });
    const elsewhereClient = new Client(elsewhere.url);
    const { accessToken } = await elsewhereClient.newAccount();
    expect((await elsewhereClient.me(accessToken)).status).toBe(200);
    expect((await client.me(accessToken)).body.code).toBe('token_invalid');
    // a lifetime of 1 s, and a tolerance of 5 s for clocks that differ
    await new Promise((resolve) => setTimeout(resolve, 7000));
    const { body, headers } = await elsewhereClient.me(accessToken);
    expect(body.code).toBe('token_expired');
    expect(headers.get('www-authenticate')).toContain('expired');
  });
});
