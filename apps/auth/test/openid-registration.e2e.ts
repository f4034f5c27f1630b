import { beforeAll, describe, expect, it } from 'vitest';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as openid from 'openid-client';
import { Client, newEmail } from './support/client.ts';
import { addApplication, authorize, exchange, redirectUri, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

const path = '/openid/registration';
const token = 'initial-access-token-of-32-characters-at-least';
const maxApplications = 1000;
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const metadata = { client_name: 'Notes', redirect_uris: [redirectUri] };

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startIssuer({ OPENID_REGISTRATION_TOKEN: token });
  client = new Client(service.url);
});

/** A server at a name that resolves to a loopback address. */
async function listen(connected: () => void) {
  const server = createServer((socket) => {
    connected();
    socket.destroy();
  }).listen(0, 'localhost');
  await once(server, 'listening');
  server.unref();
  return { url: `https://localhost:${String((server.address() as AddressInfo).port)}/` };
}
const register = (body: object) => client.call('POST', path, { body, token });

describe('dynamic client registration', () => {
  it('is off by default', async () => {
    const { url } = await startIssuer();
    const closed = new Client(url);
    expect((await closed.call('POST', path, { body: metadata, token })).status).toBe(404);
    const { body } = await closed.call('GET', '/.well-known/openid-configuration');
    expect(body).not.toHaveProperty('registration_endpoint');
  });

  it('registers an application by openid-client, which then signs in a person who consents', async () => {
    const config = await openid.dynamicClientRegistration(new URL(service.url), metadata, undefined, {
      initialAccessToken: token,
      // the issuer under test is on loopback, without TLS
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: [openid.allowInsecureRequests],
    });
    const { client_id: clientId, client_secret: secret } = config.clientMetadata();
    expect(config.clientMetadata()).toMatchObject({
      ...metadata,
      client_secret: expect.stringMatching(/^cs_/),
      client_secret_expires_at: 0,
      client_id_issued_at: expect.any(Number),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    });
    const email = newEmail();
    await client.register(email);
    const agent = await UserAgent.signedIn(service, client, email);
    const request = await authorize(config, agent);
    expect(request.page.text).toContain('Notes');
    const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
    const tokens = await exchange(config, { ...request, page });
    expect(tokens.claims()).toMatchObject({ email });
    // it belongs to others: its access tokens are for the userinfo endpoint alone
    expect((await client.me(tokens.access_token)).body.code).toBe('token_invalid');

    const { rows } = await service.database.query(
      `SELECT a.first_party, a.scopes, a.resources, e.detail, s.hash = sha256($2::bytea) AS hashed
       FROM application a JOIN audit_event e ON e.subject_id = a.id JOIN application_secret s ON s.application_id = a.id
       WHERE a.client_id = $1`,
      [clientId, secret],
    );
    const detail = { client_id: clientId, kind: 'web', first_party: false, by: 'registration' };
    expect(rows).toEqual([{ first_party: false, scopes: [], resources: [], detail, hashed: true }]);
  });

  it.each([
    [{ application_type: 'native', redirect_uris: ['com.example.app:/in'] }, 'none', 'native'],
    [{ token_endpoint_auth_method: 'none' }, 'none', 'web'],
    [{ token_endpoint_auth_method: 'client_secret_post' }, 'client_secret_basic', 'web'],
    [{ jwks: { keys: [key] } }, 'private_key_jwt', 'web'],
    [{ first_party: true, scope: 'admin', unknown: 1 }, 'client_secret_basic', 'web'],
  ])('registers %j', async (change, method, type) => {
    const { status, headers, body } = await register({ ...metadata, ...change });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toMatchObject({ token_endpoint_auth_method: method, application_type: type });
    expect('client_secret' in body).toBe(method === 'client_secret_basic');
    const { rows } = await service.database.query(
      'SELECT first_party, scopes, origins FROM application WHERE client_id = $1',
      [body.client_id],
    );
    const origins = method === 'none' && type === 'web' ? ['https://app.example.com'] : [];
    expect(rows).toEqual([{ first_party: false, scopes: [], origins }]);
  });

  it.each([
    [{ redirect_uris: undefined }, 'invalid_redirect_uri'],
    [{ redirect_uris: [] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://app.example.com/in'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['https://app.example.com/#in'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['com.example.app:/in'] }, 'invalid_redirect_uri'],
    [{ application_type: 'native', redirect_uris: ['https://localhost/in'] }, 'invalid_redirect_uri'],
    [{ client_name: undefined }, 'invalid_client_metadata'],
    [{ backchannel_logout_uri: 'http://169.254.169.254/latest' }, 'invalid_client_metadata'],
    [{ backchannel_logout_uri: 'http://127.0.0.1:3001/internal' }, 'invalid_client_metadata'],
    [{ backchannel_logout_uri: 'https://10.0.0.1/' }, 'invalid_client_metadata'],
    [{ backchannel_logout_uri: 'https://[::1]/' }, 'invalid_client_metadata'],
    [{ backchannel_logout_uri: 'https://[::ffff:127.0.0.1]/' }, 'invalid_client_metadata'],
    [{ grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [{ grant_types: ['implicit'] }, 'invalid_client_metadata'],
    [{ response_types: ['token'] }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    [{ client_name: 'Notes\u202egnp' }, 'invalid_client_metadata'],
    [{ client_name: 'Notes\nby the operator' }, 'invalid_client_metadata'],
    [{ client_name: '\u200b' }, 'invalid_client_metadata'],
    [{ jwks: { keys: [{ kty: 'EC', d: 'private' }] } }, 'invalid_client_metadata'],
    [{ jwks: { keys: [{ kty: 'EC' }] } }, 'invalid_client_metadata'],
    [{ jwks: { keys: [{ kty: 'RSA', n: 'AQ', e: 'AQAB' }] } }, 'invalid_client_metadata'],
    [{ jwks: { keys: [{ ...key, alg: 1 }] } }, 'invalid_client_metadata'],
    [{ application_type: 'native', token_endpoint_auth_method: 'client_secret_basic' }, 'invalid_client_metadata'],
    [{ id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
  ])('rejects %j', async (change, error) => {
    const { status, body } = await register({ ...metadata, ...change });
    expect([status, body.error]).toEqual([400, error]);
  });

  it('gets notifications of logouts at public IP addresses only, whatever its name resolves to', async () => {
    const connections = { registered: 0, created: 0 };
    const [registered, created] = await Promise.all([
      listen(() => (connections.registered += 1)),
      listen(() => (connections.created += 1)),
    ]);
    const { status, body } = await register({ ...metadata, backchannel_logout_uri: registered.url });
    expect(status).toBe(201);
    await addApplication(service, { client_id: 'created', backchannel_logout_uri: created.url });
    await service.database.query(
      `INSERT INTO logout_notification (application_id, session_id, account_id)
       SELECT id, gen_random_uuid(), gen_random_uuid() FROM application WHERE client_id IN ('created', $1)`,
      [body.client_id],
    );
    // postponed for less than the time that an attempt may take
    const attempted =
      "SELECT FROM logout_notification WHERE attempts > 0 AND next_attempt_at < now() + interval '30 s'";
    for (let tries = 0; tries < 600 && (await service.database.query(attempted)).rowCount !== 2; tries += 1) {
      await sleep(100);
    }
    expect(connections).toEqual({ registered: 0, created: expect.any(Number) });
    expect(connections.created).toBeGreaterThan(0);
  });

  it.each(['[]', '"text"', '', '{', '{"client_name":"\\u0000"}'])('rejects the body %s', async (body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(service.url + path, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
  });

  it.each([undefined, '', `${token}x`, token.slice(1), '💥'])(
    'needs the initial access token, not %p',
    async (wrong) => {
      const headers: Record<string, string> =
        wrong === undefined ? {} : { authorization: `Bearer ${Buffer.from(wrong).toString('latin1')}` };
      const answer = await client.call('POST', path, { body: metadata, headers });
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([
        401,
        'invalid_token',
        'registration_token_invalid',
      ]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    },
  );

  it('limits failures by IP address', async () => {
    const limited = await startIssuer({ OPENID_REGISTRATION_TOKEN: token, LOGIN_ADDRESS_BURST: '1' });
    const call = () => new Client(limited.url).call('POST', path, { body: metadata, token: 'wrong' });
    await call();
    await call();
    await limited.database.query("UPDATE attempt SET blocked_until = now() + interval '1 hour'");
    expect((await call()).body.code).toBe('too_many_attempts');
  });

  it('never makes more applications than the list for admins shows, even by concurrent requests', async () => {
    await service.database.query(
      `INSERT INTO application (id, client_id, name, kind, first_party, declared, redirect_uris, post_logout_redirect_uris, origins,
         resources, scopes)
       SELECT gen_random_uuid(), 'bulk-' || n, 'Bulk', 'web', false, false, '{}', '{}', '{}', '{}', '{}'
       FROM generate_series(1, $1 - 5 - (SELECT count(*)::int FROM application)) n`,
      [maxApplications],
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(metadata)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.find(({ status }) => status !== 201)?.body).toMatchObject({
      code: 'applications_full',
      status: 403,
    });
    expect((await service.database.query('SELECT count(*)::int FROM application')).rows).toEqual([
      { count: maxApplications },
    ]);
  });
});

it('refuses to start with a short token', async () => {
  await expect(startIssuer({ OPENID_REGISTRATION_TOKEN: 'short' })).rejects.toThrow('OPENID_REGISTRATION_TOKEN');
});
