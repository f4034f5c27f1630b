import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { enrol } from './support/authenticator-app.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { addApplication, authorize, discover, signIn, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

const audience = 'https://notes.example.com';

let service: TestService;
let client: Client;
/** An application with tokens for the notes, the notes themselves, another application, and a program. */
let web: openid.Configuration;
let notes: openid.Configuration;
let other: openid.Configuration;
let robot: openid.Configuration;

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  await addApplication(service, { client_id: 'web', resources: [audience] });
  await addApplication(service, { client_id: 'notes', kind: 'machine', audiences: [audience, 'devopslocally'] });
  // it may have tokens for the notes, which does not make it the notes
  await addApplication(service, { client_id: 'other', resources: [audience] });
  await addApplication(service, { client_id: 'robot', kind: 'machine', resources: [audience], scopes: ['notes:read'] });
  await addApplication(service, { client_id: 'page', kind: 'single_page', resources: [audience] });
  [web, notes, other, robot] = await Promise.all([
    discover(service, 'web'),
    discover(service, 'notes'),
    discover(service, 'other'),
    discover(service, 'robot'),
  ]);
});

const newAgent = async () => {
  const email = newEmail();
  await client.register(email);
  return { email, agent: await UserAgent.signedIn(service, client, email) };
};
const newTokens = async () => {
  const { email, agent } = await newAgent();
  const tokens = await signIn(web, agent, { resource: audience });
  return { email, agent, token: tokens.access_token, refreshToken: String(tokens.refresh_token) };
};
const isActive = async (config: openid.Configuration, token: string) =>
  (await openid.tokenIntrospection(config, token)).active;
const whoSees = async (token: string) => ({
  web: await isActive(web, token),
  notes: await isActive(notes, token),
  other: await isActive(other, token),
});

describe('introspection of an access token', () => {
  it('tells its application and its resource server its claims, and others nothing', async () => {
    const { token } = await newTokens();
    for (const config of [web, notes]) {
      const answer = await openid.tokenIntrospection(config, token, { token_type_hint: 'access_token' });
      expect(answer).toEqual({ ...decodeJwt(token), active: true, token_type: 'Bearer' });
    }
    expect(await openid.tokenIntrospection(other, token)).toEqual({ active: false });
    expect(await openid.tokenIntrospection(robot, token)).toEqual({ active: false });
    const stranger = await discover(service, 'page', openid.None());
    expect(await openid.tokenIntrospection(stranger, token)).toEqual({ active: false });
    const forged = await discover(service, 'notes', openid.ClientSecretBasic('guessed'));
    await expect(openid.tokenIntrospection(forged, token)).rejects.toMatchObject({ status: 401 });
  });

  it('is about tokens of logins without an application too', async () => {
    const { accessToken } = await client.newAccount();
    expect(await whoSees(accessToken)).toEqual({ web: false, notes: true, other: false });
    await client.call('POST', '/auth/logout', { token: accessToken });
    expect(await isActive(notes, accessToken)).toBe(false);
  });

  const ends: [name: string, end: (tokens: Awaited<ReturnType<typeof newTokens>>) => Promise<unknown>][] = [
    ['a logout', ({ agent }) => agent.open('/sign-out', { form: {} })],
    [
      'the end of the session',
      ({ token }) => service.database.query('DELETE FROM session WHERE id = $1', [decodeJwt(token)['sid']]),
    ],
    [
      'the end of the grant',
      ({ token }) =>
        service.database.query('DELETE FROM openid_grant WHERE session_id = $1', [decodeJwt(token)['sid']]),
    ],
    [
      'the disabling of the account',
      ({ email }) => service.database.query('UPDATE account SET disabled_at = now() WHERE email = $1', [email]),
    ],
    ['the revocation of the refresh token', ({ refreshToken }) => openid.tokenRevocation(web, refreshToken)],
  ];
  it.each(ends)('says at once that %s has ended it', async (_name, end) => {
    const tokens = await newTokens();
    expect(await whoSees(tokens.token)).toEqual({ web: true, notes: true, other: false });
    await end(tokens);
    expect(await whoSees(tokens.token)).toEqual({ web: false, notes: false, other: false });
  });

  it('is the same after a step-up: the new one is for the same application, lives no longer and ends with the grant', async () => {
    await service.database.query("UPDATE application SET access_token_ttl_seconds = 120 WHERE client_id = 'web'");
    const { agent } = await newAgent();
    const { access_token: token, refresh_token: refreshToken } = await signIn(web, agent);
    const { recoveryCodes } = await enrol(client, token);
    const stepUp = { token, body: { code: recoveryCodes[0] } };
    const { body } = await client.call('POST', '/auth/mfa/step-up', stepUp);
    const renewed = String(body.access_token);
    const { client_id, scope, aud } = decodeJwt(token);
    const { iat = 0, exp = 0, ...claims } = decodeJwt(renewed);
    expect(claims).toMatchObject({ client_id, scope, aud, acr: 'aal2' });
    expect([client_id, exp - iat, body.expires_in]).toEqual(['web', 120, 120]);
    expect([await isActive(web, renewed), (await client.me(renewed)).status]).toEqual([true, 200]);
    await openid.tokenRevocation(web, String(refreshToken));
    for (const ended of [token, renewed]) {
      expect([await isActive(web, ended), (await client.me(ended)).body.code]).toEqual([false, 'token_invalid']);
    }
  });

  it('says when it is not valid', async () => {
    const { token, agent } = await newTokens();
    const [header, payload, signature] = token.split('.');
    const changed = { ...decodeJwt(token), sub: '00000000-0000-4000-8000-000000000000' };
    const forged = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    const { id_token: idToken = '' } = await signIn(web, agent);
    for (const text of [forged, `${String(header)}.${String(payload)}.`, idToken, `${token}x`, 'e30.e30.e30']) {
      expect(await whoSees(text)).toEqual({ web: false, notes: false, other: false });
    }
    const short = await startIssuer({
      DATABASE_URL: service.databaseUrl,
      TOKEN_ISSUER: service.url,
      ACCESS_TOKEN_TTL_SECONDS: '1',
    });
    const { accessToken } = await new Client(short.url).newAccount();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await isActive(notes, accessToken)).toBe(false);
  });

  it('knows programs: clients, and service accounts', async () => {
    const { access_token: token } = await openid.clientCredentialsGrant(robot, { resource: audience });
    const answer = await openid.tokenIntrospection(notes, token);
    expect(answer).toMatchObject({ active: true, client_id: 'robot', scope: 'notes:read', aud: audience });
    expect(await isActive(robot, token)).toBe(true);
    expect(await isActive(other, token)).toBe(false);
    await service.database.query(
      "UPDATE application_secret SET expires_at = now() WHERE application_id = (SELECT id FROM application WHERE client_id = 'robot')",
    );
    expect(await isActive(notes, token)).toBe(false);

    const { accessToken: admin } = await newAdmin(service);
    const path = '/auth/admin/service-accounts';
    const body = { name: 'feed', scopes: ['notes:read'] };
    const { body: account } = await client.call('POST', path, { token: admin, body });
    const { body: key } = await client.call('POST', `${path}/${account.id}/keys`, { token: admin, body: {} });
    const form = { grant_type: 'client_credentials', client_id: account.id, client_secret: key.key };
    const issued = await fetch(`${service.url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: ofAccount } = (await issued.json()) as { access_token: string };
    expect(await whoSees(ofAccount)).toEqual({ web: false, notes: true, other: false });
    await client.call('DELETE', `${path}/${account.id}`, { token: admin });
    expect(await isActive(notes, ofAccount)).toBe(false);
  });

  it('says which key it is bound to', async () => {
    const { agent } = await newAgent();
    const page = await discover(service, 'page', openid.None());
    const request = await authorize(page, agent, { resource: audience });
    const DPoP = openid.getDPoPHandle(page, await openid.randomDPoPKeyPair());
    const options = { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce };
    const tokens = await openid.authorizationCodeGrant(page, request.page.url, options, undefined, { DPoP });
    const jkt = await DPoP.calculateThumbprint();
    expect(await openid.tokenIntrospection(notes, tokens.access_token)).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt },
    });
  });
});

describe('revocation of an access token', () => {
  it('ends its grant, if its own application asks', async () => {
    const { token, refreshToken } = await newTokens();
    for (const config of [other, notes]) {
      await openid.tokenRevocation(config, token);
    }
    await openid.tokenRevocation(web, `${token}x`);
    expect(await isActive(web, token)).toBe(true);
    await openid.tokenRevocation(web, token);
    expect(await isActive(notes, token)).toBe(false);
    await expect(openid.refreshTokenGrant(web, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
    await openid.tokenRevocation(web, token);
  });

  it('is not possible for a program, whose token belongs to no grant', async () => {
    await addApplication(service, { client_id: 'drone', kind: 'machine', scopes: ['notes:read'] });
    const drone = await discover(service, 'drone');
    const { access_token: token } = await openid.clientCredentialsGrant(drone);
    await expect(openid.tokenRevocation(drone, token)).rejects.toMatchObject({ error: 'unsupported_token_type' });
  });
});

it('an application that keeps no secret can’t be a resource server', async () => {
  const { accessToken: token } = await newAdmin(service);
  const create = async (kind: string) => {
    const body = { name: 'x', kind, redirect_uris: ['https://x.example.com/'], audiences: [audience] };
    return client.call('POST', '/auth/admin/applications', { token, body });
  };
  expect((await create('web')).body.audiences).toEqual([audience]);
  for (const kind of ['native', 'single_page']) {
    expect((await create(kind)).body.errors).toEqual([
      expect.objectContaining({ path: expect.stringMatching(/audiences$/) }),
    ]);
  }
});
