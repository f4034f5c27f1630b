import { beforeAll, expect, it } from 'vitest';
import { calculateJwkThumbprint } from 'jose';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { Client } from './support/client.ts';
import { keySet, providerMetadata } from './support/provider-metadata.ts';
import { addApplication, secretOf, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';

let service: TestService;
let metadata: ReturnType<typeof providerMetadata.parse>;

const get = async (path: string) => (await new Client(service.url).call('GET', path)).body as unknown;

beforeAll(async () => {
  service = await startIssuer({ OPENID_REGISTRATION_TOKEN: 'x'.repeat(32) });
  await addApplication(service, { client_id: 'notes' });
  metadata = providerMetadata.parse(await get('/.well-known/openid-configuration'));
});

const endpoints = () =>
  Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name)) as [name: string, url: string][];

it('publishes metadata that its standards allow, at both well-known URLs', async () => {
  expect(metadata.issuer).toBe(service.url);
  expect(await get('/.well-known/oauth-authorization-server')).toEqual(metadata);
  expect(metadata.claims_supported).toEqual(
    expect.arrayContaining([
      'iss',
      'sub',
      'sid',
      'acr',
      'amr',
      'auth_time',
      'roles',
      'locale',
      'email',
      'email_verified',
    ]),
  );
});

it('announces only endpoints that are there, on its own origin', async () => {
  expect(endpoints()).toHaveLength(10);
  for (const [name, url] of endpoints()) {
    const statuses = await Promise.all(['GET', 'POST'].map(async (method) => (await fetch(url, { method })).status));
    expect({ name, origin: new URL(url).origin }).toEqual({ name, origin: service.url });
    // what needs parameters or credentials refuses the request; a wrong method is 405
    expect({ name, served: statuses.some((status) => status < 404) }).toEqual({ name, served: true });
    expect({ name, statuses }).toEqual({ name, statuses: statuses.map((status) => (status < 500 ? status : 0)) });
  }
});

it('names its own origin also to a client whose request names another one', async () => {
  const { hostname, port } = new URL(service.url);
  const path = 'http://evil.example.com/.well-known/openid-configuration';
  const [response] = (await once(request({ hostname, port, path }).end(), 'response')) as [IncomingMessage];
  expect(await json(response)).toEqual(metadata);
});

it('announces the grant types that the token endpoint knows, and no others', async () => {
  const errorOf = async (grantType: string) => {
    const form = { grant_type: grantType, client_id: 'notes', client_secret: secretOf('notes') };
    const response = await fetch(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
    return ((await response.json()) as { error: string }).error;
  };
  for (const grantType of metadata.grant_types_supported) {
    expect([grantType, await errorOf(grantType)]).not.toContain('unsupported_grant_type');
  }
  for (const grantType of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
    expect([grantType, await errorOf(grantType)]).toEqual([grantType, 'unsupported_grant_type']);
  }
});

it('publishes a key for each announced algorithm of ID tokens, by its thumbprint and without private members', async () => {
  const { keys } = keySet.parse(await get(new URL(metadata.jwks_uri).pathname));
  expect(keys.map(({ alg }) => alg).sort()).toEqual([...metadata.id_token_signing_alg_values_supported].sort());
  expect(await Promise.all(keys.map((key) => calculateJwkThumbprint(key)))).toEqual(keys.map(({ kid }) => kid));
});
