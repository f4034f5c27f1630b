// Access tokens of machine applications: what they stand on, and what they open in this service.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import * as openid from 'openid-client';
import { Client, newAdmin, type Answer } from './support/client.ts';

import { addApplication, discover, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';

const audience = 'https://notes.example.com';
const path = '/auth/admin/applications';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };
/** A resource server that may ask about all tokens. */
let notes: openid.Configuration;
let key: { privateKey: CryptoKey; jwks: { keys: object[] } };

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  admin = await newAdmin(service);
  await addApplication(service, { client_id: 'notes', kind: 'machine', audiences: [audience, 'devopslocally'] });
  notes = await discover(service, 'notes');
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  key = { privateKey, jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' }] } };
});

const asAdmin = (method: string, url: string, body?: object) =>
  client.call(method, url, { token: admin.accessToken, body });

/** A machine application of the operator with one credential, and how an admin changes it. */
const newMachine = async (credential: 'secret' | 'key') => {
  const members = {
    name: 'Robot',
    first_party: true,
    scopes: ['accounts:read', 'accounts:write', 'audit:read'],
    resources: [audience],
    jwks: credential === 'key' ? key.jwks : null,
  };
  const { body } = await asAdmin('POST', path, { kind: 'machine', ...members });
  const authentication =
    credential === 'key' ? openid.PrivateKeyJwt(key.privateKey) : openid.ClientSecretBasic(String(body.client_secret));
  const config = await discover(service, String(body.client_id), authentication);
  const tokenFor = async (parameters = {}) => (await openid.clientCredentialsGrant(config, parameters)).access_token;
  return {
    id: String(body.id),
    config,
    token: await tokenFor(),
    tokenForNotes: await tokenFor({ resource: audience }),
    change: (change: object) => asAdmin('PUT', `${path}/${String(body.id)}`, { ...members, ...change }),
  };
};
type Machine = Awaited<ReturnType<typeof newMachine>>;

const outcome = ({ status, body }: Answer) => `${String(status)} ${String(body?.code)}`;
const readAudit = async (token: string) => outcome(await client.call('GET', '/auth/admin/audit', { token }));
const readAccounts = async (token: string) => outcome(await client.call('GET', '/auth/admin/accounts', { token }));
const isActive = async (token: string) => (await openid.tokenIntrospection(notes, token)).active;

describe('the token of a machine application', () => {
  const ends: [credential: 'secret' | 'key', name: string, end: (machine: Machine) => Promise<Answer>][] = [
    ['secret', 'the secret has ended', ({ id }) => asAdmin('POST', `${path}/${id}/secrets`, { overlap_seconds: 0 })],
    ['secret', 'keys have taken the place of its secret', ({ change }) => change({ jwks: key.jwks })],
    ['secret', 'the application is deleted', ({ id }) => asAdmin('DELETE', `${path}/${id}`)],
    ['key', 'the application has no keys any more', ({ change }) => change({ jwks: null })],
    ['key', 'the application is deleted', ({ id }) => asAdmin('DELETE', `${path}/${id}`)],
  ];
  it.each(ends)('of a %s is active until %s', async (credential, _name, end) => {
    const machine = await newMachine(credential);
    const { token, tokenForNotes, config } = machine;
    expect([await isActive(token), await isActive(tokenForNotes), await readAudit(token)]).toEqual([
      true,
      true,
      '200 undefined',
    ]);
    expect((await openid.tokenIntrospection(config, token)).active).toBe(true);
    expect((await end(machine)).status).toBeLessThan(300);
    expect([await isActive(token), await isActive(tokenForNotes), await readAudit(token)]).toEqual([
      false,
      false,
      '401 token_invalid',
    ]);
  });

  it.each(['secret', 'key'] as const)('of a %s loses the scopes that the application loses', async (credential) => {
    const { token, tokenForNotes, change } = await newMachine(credential);
    expect((await openid.tokenIntrospection(notes, token)).scope).toBe('accounts:read accounts:write audit:read');
    await change({ scopes: ['accounts:read', 'notes:read'] });
    expect([await readAudit(token), await readAccounts(token)]).toEqual(['403 scope_required', '200 undefined']);
    for (const issued of [token, tokenForNotes]) {
      const { active, scope } = await openid.tokenIntrospection(notes, issued);
      expect([active, scope]).toEqual([true, 'accounts:read']);
    }
  });

  it.each(['secret', 'key'] as const)(
    'of a %s opens this service only while the application is the operator’s',
    async (credential) => {
      const { token, tokenForNotes, change } = await newMachine(credential);
      expect((await change({ first_party: false })).status).toBe(200);
      expect([await readAudit(token), await isActive(token)]).toEqual(['401 token_invalid', false]);
      // that service decides by itself whom it serves
      expect(await isActive(tokenForNotes)).toBe(true);
    },
  );
});
