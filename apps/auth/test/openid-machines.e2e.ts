// Access tokens of machine applications: what they stand on, and what they open in this service.
import { beforeAll, describe, expect, it } from 'vitest';
import { exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import * as openid from 'openid-client';
import { Client, newAdmin, newEmail, type Answer } from './support/client.ts';
import { meanwhile, untilWaiting } from './support/locks.ts';
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

describe('a machine application', () => {
  const newUser = async () => {
    const email = newEmail();
    return { email, id: String((await client.register(email)).body.id) };
  };
  const disable = (token: string, id: string) => client.call('POST', `/auth/admin/accounts/${id}/disable`, { token });

  it.each(['secret', 'key'] as const)('with a %s changes accounts as its scopes allow', async (credential) => {
    const { id: machineId, token, change } = await newMachine(credential);
    const { id } = await newUser();
    expect(outcome(await disable(token, id))).toBe('204 undefined');
    expect(outcome(await disable(token, admin.id))).toBe('403 admin_required');
    const { rows } = await service.database.query(
      "SELECT actor_id FROM audit_event WHERE type = 'account.disabled' AND subject_id = $1",
      [id],
    );
    expect(rows).toEqual([{ actor_id: machineId }]);
    await change({ scopes: ['accounts:read'] });
    expect(outcome(await disable(token, id))).toBe('403 scope_required');
  });

  const ends: [credential: 'secret' | 'key', name: string, end: (machine: Machine) => Promise<Answer>][] = [
    ['secret', 'its secret has ended', ({ id }) => asAdmin('POST', `${path}/${id}/secrets`, { overlap_seconds: 0 })],
    ['key', 'it has no keys any more', ({ change }) => change({ jwks: null })],
    ['key', 'it is deleted', ({ id }) => asAdmin('DELETE', `${path}/${id}`)],
    ['secret', 'it is no longer the operator’s', ({ change }) => change({ first_party: false })],
    ['secret', 'it has lost the scope', ({ change }) => change({ scopes: ['accounts:read'] })],
  ];
  it.each(ends)('with a %s changes nothing by a request under way once %s', async (credential, _name, end) => {
    const machine = await newMachine(credential);
    const { email, id } = await newUser();
    const answer = await meanwhile(service, {
      email,
      request: () => disable(machine.token, id),
      change: async () => {
        expect((await end(machine)).status).toBeLessThan(300);
      },
    });
    expect(outcome(answer)).toBe('401 token_invalid');
    const { body } = await asAdmin('GET', `/auth/admin/accounts/${id}`);
    expect(body.disabled_at).toBeNull();
  });

  it('is not deleted before a change that it has begun', async () => {
    const machine = await newMachine('secret');
    const { id } = await newUser();
    const holder = await service.database.connect();
    try {
      // the change has locked what its token stands on, and waits to record its event
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE audit_event IN SHARE MODE');
      const change = disable(machine.token, id);
      await untilWaiting(service.database, 1);
      const end = asAdmin('DELETE', `${path}/${machine.id}`);
      await untilWaiting(service.database, 2);
      await holder.query('COMMIT');
      expect([outcome(await change), outcome(await end)]).toEqual(['204 undefined', '204 undefined']);
    } finally {
      holder.release();
    }
    const { rows } = await service.database.query(
      `SELECT type FROM audit_event WHERE subject_id IN ($1, $2) AND type IN ('account.disabled', 'application.deleted')
       ORDER BY id`,
      [id, machine.id],
    );
    expect(rows.map(({ type }) => type)).toEqual(['account.disabled', 'application.deleted']);
  });
});
