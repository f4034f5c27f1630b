import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Client, newAdmin } from '../../../apps/auth/test/support/client.ts';
import { startTestService, type TestService } from '../../../apps/auth/test/support/service.ts';
import { tokenSigner, type Changes } from '../../../examples/test/signed-tokens.ts';
import * as onExpress from '../src/express.ts';
import * as onFastify from '../src/fastify.ts';
import { callerId, createGuard, type GuardOptions, type Principal } from '../src/index.ts';
import { CurrentActor, GuardModule, Public, RequireMfa, Roles } from '../src/nest.ts';

interface Running {
  url: string;
  stop: () => Promise<unknown>;
}

/** A service with a route for everybody, for accounts, for admins, and for those with a recent second factor. */
type Start = (options: GuardOptions) => Promise<Running>;
const mfa = { maxAgeSeconds: 300 };

const startExpress: Start = async (options) => {
  const guard = createGuard(options);
  const app = express();
  app.get('/public', (_request, response) => void response.json({}));
  const router = express.Router();
  app.use('/notes', router);
  router.get('/', onExpress.requireToken(guard), (request, response) => {
    response.json({ caller: callerId(onExpress.callerOf(request)) });
  });
  router.get(
    '/all',
    onExpress.requireToken(guard, { roles: ['admin'] }),
    (_request, response) => void response.json({}),
  );
  router.get('/secret', onExpress.requireToken(guard, { mfa }), (_request, response) => void response.json({}));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const startFastify: Start = async (options) => {
  const guard = createGuard(options);
  const app = fastify();
  app.get('/public', () => ({}));
  app.get('/notes', { onRequest: onFastify.requireToken(guard) }, (request) => ({
    caller: callerId(onFastify.callerOf(request)),
  }));
  app.get('/notes/all', { onRequest: onFastify.requireToken(guard, { roles: ['admin'] }) }, () => ({}));
  app.get('/notes/secret', { onRequest: onFastify.requireToken(guard, { mfa }) }, () => ({}));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), stop: () => app.close() };
};

@Controller()
class Notes {
  @Public()
  @Get('public')
  open() {
    return {};
  }

  @Get('notes')
  list(@CurrentActor() caller: string) {
    return { caller };
  }

  @Get('notes/all')
  @Roles(['admin'])
  all() {
    return {};
  }

  @Get('notes/secret')
  @RequireMfa(mfa)
  secret() {
    return {};
  }
}

const startNest: Start = async (options) => {
  @Module({ imports: [GuardModule.register({ useFactory: () => options })], controllers: [Notes] })
  class App {}
  const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), stop: () => app.close() };
};

let auth: TestService;
let options: GuardOptions;
let token: string;
let admin: string;
let signed: (changes?: Changes) => Promise<string>;

beforeAll(async () => {
  auth = await startTestService();
  const { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience } = auth.config;
  options = { issuer, audience, jwksUrl: `${auth.url}/.well-known/jwks.json` };
  token = (await new Client(auth.url).newAccount()).accessToken;
  admin = (await newAdmin(auth)).accessToken;
  signed = await tokenSigner(auth, token);
});

describe.each<[string, Start]>([
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['NestJS', startNest],
])('on %s', (_name, start) => {
  let service: Running;
  beforeAll(async () => {
    service = await start(options);
  });
  afterAll(() => service.stop());

  const get = async (path: string, bearer?: string, { url } = service) => {
    const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const response = await fetch(url + path, { headers });
    const challenge = response.headers.get('www-authenticate');
    return { status: response.status, challenge, body: (await response.json()) as Record<string, unknown> };
  };

  it('identifies the caller by a valid token', async () => {
    const { body: me } = await new Client(auth.url).me(token);
    expect(await get('/notes', token)).toMatchObject({ status: 200, body: { caller: me.id } });
    expect(await get('/notes', await signed())).toMatchObject({ status: 200 });
    expect(await get('/public')).toMatchObject({ status: 200 });
  });

  it('asks for a token', async () => {
    expect(await get('/notes')).toMatchObject({ status: 401, challenge: 'Bearer', body: { code: 'token_missing' } });
  });

  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each<[string, Changes, string]>([
    ['has expired', { claims: { exp: Math.floor(Date.now() / 1000) - 60 } }, 'token_expired'],
    ['never expires', { claims: { exp: undefined } }, 'token_invalid'],
    ['is for another audience', { claims: { aud: 'another-audience' } }, 'token_invalid'],
    ['is from another issuer', { claims: { iss: 'https://issuer.example.com' } }, 'token_invalid'],
    ['is not an access token', { header: { typ: 'JWT' } }, 'token_invalid'],
    ['is bound to a key', { claims: { cnf: { jkt: 'thumbprint' } } }, 'token_invalid'],
    ['is signed by another key', { key: stranger }, 'token_invalid'],
    ['names another key', { header: { kid: 'unknown' } }, 'token_invalid'],
  ])('rejects a token that %s', async (_case, changes, code) => {
    expect(await get('/notes', await signed(changes))).toMatchObject({
      status: 401,
      challenge: expect.stringMatching(/^Bearer error="invalid_token"/),
      body: { code },
    });
  });

  it('rejects a token without a signature, and text that is no token', async () => {
    const [header = '', claims = ''] = token.split('.');
    const unsigned = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'none' };
    const unsignedHeader = Buffer.from(JSON.stringify(unsigned)).toString('base64url');
    for (const bad of [`${unsignedHeader}.${claims}.`, 'no-token']) {
      expect(await get('/notes', bad)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    }
  });

  it('requires a role, and a second factor', async () => {
    expect(await get('/notes/all', token)).toMatchObject({ status: 403, body: { code: 'role_required' } });
    expect(await get('/notes/all', admin)).toMatchObject({ status: 200 });
    expect(await get('/notes/secret', token)).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('max_age=300'),
      body: { code: 'mfa_required' },
    });
  });

  it('rejects a session that the service has looked up in vain', async () => {
    const checkSession = async (_principal: Principal) => null;
    const wary = await start({ ...options, checkSession });
    expect(await get('/notes', token, wary)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    await wary.stop();
  });

  it('responds 503 while the keys can’t be fetched', async () => {
    const blind = await start({ ...options, jwksUrl: 'http://127.0.0.1:9' });
    expect(await get('/notes', token, blind)).toMatchObject({ status: 503, body: { code: 'keys_unavailable' } });
    await blind.stop();
  });
});

it.each(['issuer', 'audience'] as const)('a guard without its %s does not start', (name) => {
  const options = { issuer: 'https://auth.example.com', audience: 'notes', jwksUrl: 'https://auth.example.com/keys' };
  // as a program without types passes a setting that is missing
  expect(() => createGuard({ ...options, [name]: undefined })).toThrow('issuer and audience are required');
});
