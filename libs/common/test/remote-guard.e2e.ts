import { Controller, Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  createHttpApp,
  CurrentActor,
  CurrentPrincipal,
  JwtAuthModule,
  loadConfig,
  LoggingModule,
  Public,
  remoteJwks,
  RequireMfa,
  Roles,
  Scopes,
  UnusableTokenError,
  type Principal,
} from '#common';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { newEnrolledAccount } from '../../../apps/auth/test/support/authenticator-app.ts';
import { Client, newAdmin } from '../../../apps/auth/test/support/client.ts';
import { startTestService, type TestService } from '../../../apps/auth/test/support/service.ts';
import { commonSettings } from '../src/config/common-settings.ts';

/** A second service, protected by the auth service's access tokens. */
@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentPrincipal() principal: Principal) {
    return { owner: principal.accountId, verified: principal.emailVerified };
  }

  @Get('all')
  @Roles(['admin'])
  listAll() {
    return { notes: [] };
  }

  @Get('feed')
  @Scopes(['notes:read'])
  feed(@CurrentActor() reader: string) {
    return { reader };
  }

  @Get('secret')
  @RequireMfa({ maxAgeSeconds: 300 })
  listSecret() {
    return { notes: [] };
  }

  @Get('about')
  @Public()
  about() {
    return { name: 'notes' };
  }
}

function notesModule(auth: { issuer: string; audience: string }, resolveKey: ReturnType<typeof remoteJwks>) {
  @Module({
    imports: [
      LoggingModule.register({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
      JwtAuthModule.register({
        useFactory: () => ({ ...auth, resolveKey }),
      }),
    ],
    controllers: [NotesController],
  })
  class NotesModule {}
  return NotesModule;
}

let auth: TestService;
let authClient: Client;
let notes: Client;
const apps: NestFastifyApplication[] = [];

const httpSettings = z.object(commonSettings).omit({ DATABASE_URL: true });

const keysOf = (authUrl: string) => remoteJwks(new URL('/.well-known/jwks.json', authUrl));

async function startNotes(resolveKey: ReturnType<typeof remoteJwks>): Promise<Client> {
  const config = loadConfig(httpSettings, { LOG_LEVEL: 'silent' });
  const { TOKEN_ISSUER: issuer, TOKEN_AUDIENCE: audience } = auth.config;
  const app = await createHttpApp(notesModule({ issuer, audience }, resolveKey), config);
  await app.listen(0, '127.0.0.1');
  apps.push(app);
  return new Client(await app.getUrl());
}

beforeAll(async () => {
  auth = await startTestService({ KEY_PUBLISH_AHEAD_SECONDS: '2' });
  authClient = new Client(auth.url);
  notes = await startNotes(keysOf(auth.url));
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
});

const list = (token?: string) => notes.call('GET', '/notes', token === undefined ? {} : { token });

describe('another service', () => {
  it('authenticates callers by the auth service’s access tokens only', async () => {
    const { accessToken } = await authClient.newAccount();
    const { body: me } = await authClient.me(accessToken);
    expect((await list(accessToken)).body).toEqual({ owner: me.id, verified: false });
    expect((await list()).body.code).toBe('token_missing');
    expect((await list(`${accessToken.slice(0, -4)}AAAA`)).body.code).toBe('token_invalid');
    expect((await notes.call('GET', '/notes/about')).status).toBe(200);
  });

  it('knows whether the caller’s e-mail address is verified', async () => {
    const { email } = await authClient.newAccount();
    await auth.database.query('UPDATE account SET email_verified_at = now() WHERE email = $1', [email]);
    const { accessToken } = await authClient.newSession(email);
    expect((await list(accessToken)).body.verified).toBe(true);
  });

  it('enforces roles', async () => {
    const { email, accessToken } = await authClient.newAccount();
    expect((await notes.call('GET', '/notes/all', { token: accessToken })).body.code).toBe('role_required');
    await auth.database.query("UPDATE account SET roles = '{user,admin}' WHERE email = $1", [email]);
    const admin = await authClient.newSession(email);
    expect((await notes.call('GET', '/notes/all', { token: admin.accessToken })).status).toBe(200);
  });

  it('admits service accounts to routes of their scopes, and no accounts', async () => {
    const { accessToken: admin } = await newAdmin(auth);
    const tokenWith = async (scope: string) => {
      const path = '/auth/admin/service-accounts';
      const { body: account } = await authClient.call('POST', path, {
        token: admin,
        body: { name: scope, scopes: [scope] },
      });
      const { body: issued } = await authClient.call('POST', `${path}/${account.id}/keys`, { token: admin, body: {} });
      const form = { grant_type: 'client_credentials', client_id: account.id, client_secret: issued.key };
      const response = await fetch(`${auth.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
      return { id: account.id, token: ((await response.json()) as { access_token: string }).access_token };
    };
    const feed = (token: string) => notes.call('GET', '/notes/feed', { token });
    const reader = await tokenWith('notes:read');
    expect((await feed(reader.token)).body).toEqual({ reader: reader.id });
    expect((await list(reader.token)).body.code).toBe('token_invalid');
    expect((await notes.call('GET', '/notes/all', { token: reader.token })).body.code).toBe('token_invalid');
    expect((await feed((await tokenWith('notes:write')).token)).body.code).toBe('scope_required');
    expect((await feed(admin)).body.code).toBe('scope_required');
  });

  it('requires a recent second factor and returns the maximum age', async () => {
    const secret = (token: string) => notes.call('GET', '/notes/secret', { token });
    const { accessToken } = await authClient.newAccount();
    const refused = await secret(accessToken);
    expect([refused.status, refused.body.code]).toEqual([401, 'mfa_required']);
    expect(refused.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication", .*acr_values="aal2", max_age=300$/,
    );
    const { accessToken: token, refreshToken, app } = await newEnrolledAccount(authClient);
    expect((await secret(token)).status).toBe(401);
    const stepUp = { token, body: { code: app.code() } };
    const { body } = await authClient.call('POST', '/auth/mfa/step-up', stepUp);
    expect((await secret(body.access_token)).status).toBe(200);
    await auth.database.query("UPDATE session SET authenticated_at = now() - interval '301 s'");
    const { body: late } = await authClient.refresh(refreshToken);
    expect((await secret(late.access_token)).status).toBe(401);
  });

  it('accepts all tokens during a signing key rotation', async () => {
    const { email, accessToken } = await authClient.newAccount();
    expect((await list(accessToken)).status).toBe(200);
    await auth.database.query("UPDATE account SET roles = '{admin}' WHERE email = $1", [email]);
    expect((await authClient.call('POST', '/auth/keys/rotate', { token: accessToken })).status).toBe(200);
    const refused = [];
    for (const until = Date.now() + 3500; Date.now() < until;) {
      const { accessToken: fresh } = await authClient.newSession(email);
      refused.push(...[await list(fresh)].filter(({ status }) => status !== 200));
    }
    expect(refused).toEqual([]);
  });

  it('accepts a revoked session’s token until it expires; the auth service rejects it immediately', async () => {
    const brief = await startTestService({ ACCESS_TOKEN_TTL_SECONDS: '2' });
    const [briefClient, briefNotes] = [new Client(brief.url), await startNotes(keysOf(brief.url))];
    const { accessToken: token } = await briefClient.newAccount();
    await briefClient.call('POST', '/auth/logout', { token });
    expect((await briefClient.me(token)).status).toBe(401);
    expect((await briefNotes.call('GET', '/notes', { token })).status).toBe(200);
    // token lifetime of 2 s, clock tolerance of 5 s
    await new Promise((resolve) => setTimeout(resolve, 8000));
    expect((await briefNotes.call('GET', '/notes', { token })).body.code).toBe('token_expired');
  });

  it('rejects a known token once its key is withdrawn, replaced or unavailable', async () => {
    const { accessToken: token } = await authClient.newAccount();
    let keyNow: (kid: string) => Promise<KeyObject> = keysOf(auth.url);
    const wary = await startNotes((kid) => keyNow(kid));
    const code = async () => (await wary.call('GET', '/notes', { token })).body.code;
    expect([await code(), await code()]).toEqual([undefined, undefined]);
    keyNow = () => Promise.reject(new UnusableTokenError('no such key'));
    expect(await code()).toBe('token_invalid');
    keyNow = () => Promise.resolve(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
    expect(await code()).toBe('token_invalid');
    keyNow = keysOf('http://127.0.0.1:9');
    expect(await code()).toBe('keys_unavailable');
  });

  it('fetches the key set once a second, however many key ids are made up', async () => {
    const keySet = await (await fetch(`${auth.url}/.well-known/jwks.json`)).text();
    let fetches = 0;
    const server = createServer((_request, response) => {
      fetches += 1;
      response.setHeader('content-type', 'application/json').end(keySet);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wary = await startNotes(keysOf(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`));
    const began = Date.now();
    for (let i = 0; i < 40; i += 1) {
      const header = JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `made-up-${String(i)}` });
      const token = `${Buffer.from(header).toString('base64url')}.e30.${Buffer.alloc(64).toString('base64url')}`;
      expect((await wary.call('GET', '/notes', { token })).body.code).toBe('token_invalid');
    }
    server.close();
    expect(fetches).toBeLessThanOrEqual(1 + Math.floor((Date.now() - began) / 1000));
  });

  it('responds with 503, not 401, while the keys can’t be fetched', async () => {
    const { accessToken } = await authClient.newAccount();
    const blind = await startNotes(keysOf('http://127.0.0.1:9'));
    const { status, body } = await blind.call('GET', '/notes', { token: accessToken });
    expect([status, body.code]).toEqual([503, 'keys_unavailable']);
  });
});
