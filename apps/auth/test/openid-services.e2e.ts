import { afterAll, beforeAll, expect, it } from 'vitest';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, CurrentActor, JwtAuthModule, loadConfig, LoggingModule, remoteJwks, Scopes } from '#common';
import * as openid from 'openid-client';
import { z } from 'zod';
import { commonSettings } from '../../../libs/common/src/config/common-settings.ts';
import { Client, newEmail } from './support/client.ts';
import { addApplication, authorize, discover, exchange, signIn, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { typeDeviceCode, UserAgent } from './support/user-agent.ts';

const audience = 'https://notes.example.com';

let service: TestService;
let app: NestFastifyApplication;
let notes: Client;
let agent: UserAgent;
let accountId: string;

/** A service of the platform that knows the provider by its keys alone. */
@Controller('notes')
class NotesController {
  @Get()
  list(@CurrentActor() actor: string) {
    return { actor };
  }

  @Scopes(['notes:read'])
  @Get('all')
  listAll(@CurrentActor() actor: string) {
    return { actor };
  }
}

beforeAll(async () => {
  service = await startIssuer();
  const client = new Client(service.url);
  @Module({
    imports: [
      LoggingModule.register({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
      JwtAuthModule.register({
        useFactory: () => ({
          issuer: service.url,
          audience,
          resolveKey: remoteJwks(new URL('/.well-known/jwks.json', service.url)),
        }),
      }),
    ],
    controllers: [NotesController],
  })
  class NotesModule {}
  const settings = z.object(commonSettings).omit({ DATABASE_URL: true });
  app = await createHttpApp(NotesModule, loadConfig(settings, { LOG_LEVEL: 'silent' }));
  await app.listen(0, '127.0.0.1');
  notes = new Client(await app.getUrl());
  const options = { resources: [audience], scopes: ['notes:read'] };
  await addApplication(service, { client_id: 'web', ...options });
  await addApplication(service, { client_id: 'page', kind: 'single_page', ...options });
  await addApplication(service, { client_id: 'robot', kind: 'machine', ...options });
  await addApplication(service, { client_id: 'others', first_party: false, ...options });
  await addApplication(service, { client_id: 'tv', kind: 'native', redirect_uris: ['com.example.tv:/in'], ...options });
  const email = newEmail();
  accountId = (await client.register(email)).body.id;
  agent = await UserAgent.signedIn(service, client, email);
});
afterAll(() => app.close());

const actorOf = async (token: string, path = '/notes') => {
  const { body } = await notes.call('GET', path, { token });
  return body.actor ?? body.code;
};

it('accepts access tokens of people, new and refreshed, for its own audience only', async () => {
  const web = await discover(service, 'web');
  const tokens = await signIn(web, agent, { resource: audience, scope: 'openid notes:read' });
  expect(await actorOf(tokens.access_token)).toBe(accountId);
  const refreshed = await openid.refreshTokenGrant(web, String(tokens.refresh_token));
  expect(await actorOf(refreshed.access_token)).toBe(accountId);
  expect(await actorOf(String(tokens.id_token))).toBe('token_invalid');
  expect(await actorOf(String(tokens.refresh_token))).toBe('token_invalid');
  expect(await actorOf((await signIn(web, agent)).access_token)).toBe('token_invalid');
  // a person gets past scopes by a role only
  expect(await actorOf(tokens.access_token, '/notes/all')).toBe('scope_required');
});

it('accepts access tokens of an application of others, which has this resource as its own', async () => {
  const others = await discover(service, 'others');
  const request = await authorize(others, agent, { resource: audience, scope: 'openid notes:read' });
  const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
  expect(await actorOf((await exchange(others, { ...request, page })).access_token)).toBe(accountId);
});

it('accepts access tokens of a device', async () => {
  const tv = await discover(service, 'tv', openid.None());
  const code = await openid.initiateDeviceAuthorization(tv, { resource: audience, scope: 'openid notes:read' });
  const consent = await typeDeviceCode(agent, code.user_code);
  await agent.open(consent.url, { form: { decision: 'allow' } });
  const tokens = await openid.pollDeviceAuthorizationGrant(tv, { ...code, interval: 1 });
  expect(await actorOf(tokens.access_token)).toBe(accountId);
});

it('accepts access tokens of programs by their scopes', async () => {
  const robot = await discover(service, 'robot');
  const { rows } = await service.database.query("SELECT id FROM application WHERE client_id = 'robot'");
  const tokens = await openid.clientCredentialsGrant(robot, { resource: audience });
  expect(await actorOf(tokens.access_token, '/notes/all')).toBe(rows[0]?.id);
  const own = await openid.clientCredentialsGrant(robot);
  expect(await actorOf(own.access_token, '/notes/all')).toBe('token_invalid');
  await expect(openid.clientCredentialsGrant(robot, { resource: 'https://other.example.com' })).rejects.toMatchObject({
    error: 'invalid_target',
  });
});

it('rejects an access token that is bound to a key, for which it gets no proof', async () => {
  const page = await discover(service, 'page', openid.None());
  const request = await authorize(page, agent, { resource: audience, scope: 'openid notes:read' });
  const DPoP = openid.getDPoPHandle(page, await openid.randomDPoPKeyPair());
  const options = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
  const tokens = await openid.authorizationCodeGrant(page, request.page.url, options, undefined, { DPoP });
  expect(await actorOf(tokens.access_token)).toBe('token_invalid');
});
