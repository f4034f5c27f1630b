import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  commonSettings,
  createHttpApp,
  CurrentActor,
  JwtAuthModule,
  loadConfig,
  LoggingModule,
  remoteJwks,
  RequireMfa,
} from '#common';
import { decodeJwt, exportJWK, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { createSecretKey, hash, randomUUID, type KeyObject } from 'node:crypto';
import * as openid from 'openid-client';
import { z } from 'zod';
import { AuthenticatorApp } from './support/authenticator-app.ts';
import { Client, newEmail } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { addApplication, authorize, discover, startIssuer } from './support/relying-party.ts';
import { strongPassword, type TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

const audience = 'https://notes.example.com';

/** A service of the platform that accepts tokens that are bound to a key. */
@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentActor() actor: string) {
    return { actor };
  }

  @Post()
  add(@CurrentActor() actor: string) {
    return { actor };
  }

  @RequireMfa({ maxAgeSeconds: 300 })
  @Get('secret')
  show() {
    return {};
  }
}

let service: TestService;
let client: Client;
let app: NestFastifyApplication;
let notesUrl: string;
let page: openid.Configuration;
let agent: UserAgent;
let accountId: string;
let pair: openid.CryptoKeyPair;
/** A token for the notes that is bound to the key pair, one for the auth service, and one that is bound to nothing. */
let tokens: { notes: string; auth: string; unbound: string };

const tokenFor = async (resource: string, DPoP?: openid.DPoPHandle, browser = agent) => {
  const request = await authorize(page, browser, { resource });
  const options = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
  const answer = await openid.authorizationCodeGrant(page, request.page.url, options, undefined, DPoP && { DPoP });
  return answer.access_token;
};

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  const port = await freePort();
  notesUrl = `http://127.0.0.1:${String(port)}`;
  @Module({
    imports: [
      LoggingModule.register({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
      JwtAuthModule.register({
        useFactory: () => ({
          issuer: service.url,
          audience,
          resolveKey: remoteJwks(new URL('/.well-known/jwks.json', service.url)),
          dpop: { publicUrl: notesUrl },
        }),
      }),
    ],
    controllers: [NotesController],
  })
  class NotesModule {}
  const settings = z.object(commonSettings).omit({ DATABASE_URL: true });
  app = await createHttpApp(NotesModule, loadConfig(settings, { LOG_LEVEL: 'silent' }));
  await app.listen(port, '127.0.0.1');

  await addApplication(service, { client_id: 'page', kind: 'single_page', resources: [audience] });
  const email = newEmail();
  accountId = (await client.register(email)).body.id;
  agent = await UserAgent.signedIn(service, client, email);
  page = await discover(service, 'page', openid.None());
  pair = await openid.randomDPoPKeyPair('ES256', { extractable: true });
  const handle = openid.getDPoPHandle(page, pair);
  tokens = {
    notes: await tokenFor(audience, handle),
    auth: await tokenFor(service.url, handle),
    unbound: await tokenFor(audience),
  };
});
afterAll(() => app.close());

interface ProofChanges {
  header?: Record<string, unknown>;
  claims?: JWTPayload;
  key?: CryptoKey | KeyObject;
}

/** A proof for `GET /notes` with the token for the notes, but for some changes. */
const proofOf = async ({ header = {}, claims = {}, key = pair.privateKey }: ProofChanges = {}): Promise<string> => {
  const iat = Math.floor(Date.now() / 1000);
  const ath = hash('sha256', tokens.notes, 'base64url');
  return new SignJWT({ jti: randomUUID(), htm: 'GET', htu: `${notesUrl}/notes`, iat, ath, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(pair.publicKey), ...header })
    .sign(key);
};

const send = async (authorization: string, proof?: string, path = '/notes', base = notesUrl) => {
  const headers = { authorization, ...(proof !== undefined && { dpop: proof }) };
  const { status, body, headers: answered } = await new Client(base).call('GET', path, { headers });
  return { status, code: body.code, actor: body.actor, challenge: answered.get('www-authenticate') };
};
const present = (proof?: string, path?: string) => send(`DPoP ${tokens.notes}`, proof, path);

const algs = 'algs="ES256 Ed25519 EdDSA"';

describe('a token that is bound to a key', () => {
  it('is accepted with a new proof for each request', async () => {
    const handle = openid.getDPoPHandle(page, pair);
    for (const method of ['GET', 'POST', 'GET']) {
      const url = new URL(`${notesUrl}/notes`);
      const answer = await openid.fetchProtectedResource(page, tokens.notes, url, method, null, undefined, {
        DPoP: handle,
      });
      expect(await answer.json()).toEqual({ actor: accountId });
    }
    expect(await present(await proofOf())).toMatchObject({ status: 200, actor: accountId });
    // case and default parts of the URL do not matter, nor does a query
    const htu = notesUrl.replace('http', 'HTTP');
    expect(await present(await proofOf({ claims: { htu: `${htu}/notes?unread=true#top` } }))).toMatchObject({
      status: 200,
    });
  });

  it('is accepted by the auth service too', async () => {
    const url = new URL(`${service.url}/auth/me`);
    const DPoP = openid.getDPoPHandle(page, pair);
    const answer = await openid.fetchProtectedResource(page, tokens.auth, url, 'GET', null, undefined, { DPoP });
    expect(await answer.json()).toMatchObject({ id: accountId });
  });

  it('stays bound when a second factor is verified again', async () => {
    const { email } = await client.newAccount();
    const own = await UserAgent.signedIn(service, client, email);
    const bound = await tokenFor(service.url, openid.getDPoPHandle(page, pair), own);
    const post = async (path: string, body: object) => {
      const claims = { htm: 'POST', htu: service.url + path, ath: hash('sha256', bound, 'base64url') };
      const headers = { authorization: `DPoP ${bound}`, dpop: await proofOf({ claims }) };
      return client.call('POST', path, { headers, body });
    };
    const { body: setup } = await post('/auth/mfa/totp', { password: strongPassword });
    const authenticator = new AuthenticatorApp(setup.otpauth_uri);
    await authenticator.settle();
    const { body } = await post('/auth/mfa/totp/confirm', { code: authenticator.code(-1) });
    const renewed = await post('/auth/mfa/step-up', { code: body.recovery_codes[0] });
    expect([renewed.status, renewed.body.token_type]).toEqual([200, 'DPoP']);
    const token = String(renewed.body.access_token);
    expect(decodeJwt(token)).toMatchObject({ cnf: decodeJwt(bound)['cnf'], acr: 'aal2' });
    expect((await client.me(token)).body.code).toBe('token_invalid');
  });

  it('is of no use as a bearer token, and a bearer token gains nothing by a proof', async () => {
    const bound = `DPoP error="invalid_token", error_description="the token is bound to a key", ${algs}`;
    for (const [token, base, path] of [
      [tokens.notes, notesUrl, '/notes'],
      [tokens.auth, service.url, '/auth/me'],
    ] as const) {
      for (const proof of [undefined, await proofOf()]) {
        const answer = await send(`Bearer ${token}`, proof, path, base);
        expect(answer).toEqual({ status: 401, code: 'token_invalid', challenge: bound, actor: undefined });
      }
    }
    const claims = { ath: hash('sha256', tokens.unbound, 'base64url') };
    expect(await send(`DPoP ${tokens.unbound}`, await proofOf({ claims }))).toMatchObject({
      code: 'token_invalid',
      challenge: `DPoP error="invalid_token", ${algs}`,
    });
    expect(await send(`Bearer ${tokens.unbound}`)).toMatchObject({ actor: accountId });
  });

  it('can be asked for', async () => {
    const answer = await client.call('GET', '/auth/me');
    expect([answer.body.code, answer.headers.get('www-authenticate')]).toEqual([
      'token_missing',
      `Bearer, DPoP ${algs}`,
    ]);
  });
});

it('a challenge for more is in the scheme of the token', async () => {
  const proof = await proofOf({ claims: { htu: `${notesUrl}/notes/secret` } });
  const { code, challenge } = await present(proof, '/notes/secret');
  const expected = /^DPoP error="insufficient_user_authentication", .*, max_age=300, algs=/;
  expect([code, challenge]).toEqual(['mfa_required', expect.stringMatching(expected)]);
});

describe('a proof', () => {
  const now = Math.floor(Date.now() / 1000);
  const attacks: [name: string, forge: () => Promise<string | undefined>][] = [
    ['that is missing', async () => undefined],
    ['that is no JWT', async () => 'proof'],
    ['twice in one request', async () => `${await proofOf()}, ${await proofOf()}`],
    ['for another method', () => proofOf({ claims: { htm: 'POST' } })],
    ['for another path', () => proofOf({ claims: { htu: `${notesUrl}/notes/all` } })],
    ['for another server', () => proofOf({ claims: { htu: 'https://evil.example.com/notes' } })],
    ['for another scheme', () => proofOf({ claims: { htu: `${notesUrl.replace('http', 'https')}/notes` } })],
    ['without a URL', () => proofOf({ claims: { htu: undefined } })],
    ['from the past', () => proofOf({ claims: { iat: now - 3600 } })],
    ['from the future', () => proofOf({ claims: { iat: now + 3600 } })],
    ['without a time', () => proofOf({ claims: { iat: undefined } })],
    ['without an identifier', () => proofOf({ claims: { jti: undefined } })],
    ['with an endless identifier', () => proofOf({ claims: { jti: 'x'.repeat(257) } })],
    ['for no token', () => proofOf({ claims: { ath: undefined } })],
    ['for another token', () => proofOf({ claims: { ath: hash('sha256', tokens.auth, 'base64url') } })],
    ['of another type', () => proofOf({ header: { typ: 'JWT' } })],
    ['by a key that it does not name', async () => proofOf({ key: (await openid.randomDPoPKeyPair()).privateKey })],
    [
      'by another key',
      async () => {
        const other = await openid.randomDPoPKeyPair();
        return proofOf({ key: other.privateKey, header: { jwk: await exportJWK(other.publicKey) } });
      },
    ],
    ['that contains its private key', async () => proofOf({ header: { jwk: await exportJWK(pair.privateKey) } })],
    [
      'by a shared key',
      async () => {
        const key = createSecretKey(Buffer.alloc(32, 1));
        return proofOf({ key, header: { alg: 'HS256', jwk: { kty: 'oct', k: 'AQ' } } });
      },
    ],
    [
      'without a signature',
      async () => {
        const [, payload] = (await proofOf()).split('.');
        const header = { alg: 'none', typ: 'dpop+jwt', jwk: await exportJWK(pair.publicKey) };
        return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${String(payload)}.`;
      },
    ],
  ];

  it.each(attacks)('%s is rejected', async (_name, forge) => {
    expect(await present(await forge())).toEqual({
      status: 401,
      code: 'dpop_proof_invalid',
      challenge: `DPoP error="invalid_dpop_proof", ${algs}`,
      actor: undefined,
    });
  });

  it('can be used once, even by concurrent requests', async () => {
    const proof = await proofOf();
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(proof)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await present(proof)).code).toBe('dpop_proof_invalid');
  });

  it('can be used once at all replicas of the auth service', async () => {
    const replica = await startIssuer({ DATABASE_URL: service.databaseUrl, TOKEN_ISSUER: service.url });
    const claims = { htu: `${service.url}/auth/me`, ath: hash('sha256', tokens.auth, 'base64url') };
    const proof = await proofOf({ claims });
    const answers = await Promise.all(
      [service, replica, service, replica].map(({ url }) => send(`DPoP ${tokens.auth}`, proof, '/auth/me', url)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
  });
});
