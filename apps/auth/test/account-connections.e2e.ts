import { beforeAll, describe, expect, it } from 'vitest';
import * as openid from 'openid-client';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { addApplication, authorize, discover, exchange, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { planOf, recordStatements } from './support/statements.ts';
import { UserAgent } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let admin: { accessToken: string; id: string };

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  admin = await newAdmin(service);
});

const nobody = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';
const call = (method: string, path: string) =>
  client.call(method, `/auth/admin/accounts/${path}`, { token: admin.accessToken });
/** The audit events of an admin about an account. */
const eventsOf = async (subjectId: string) => {
  const { rows } = await service.database.query(
    'SELECT type, detail FROM audit_event WHERE actor_id = $1 AND subject_id = $2 ORDER BY id',
    [admin.id, subjectId],
  );
  return rows as { type: string; detail: object }[];
};
/** A person who has let an application into the account. */
const newConsenter = async (application: openid.Configuration) => {
  const email = newEmail();
  const { body: user } = await client.register(email);
  const agent = await UserAgent.signedIn(service, client, email);
  const request = await authorize(application, agent);
  const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
  return { id: String(user.id), email, tokens: await exchange(application, { ...request, page }) };
};
const newUser = async () => {
  const user = await client.newAccount();
  return { ...user, id: (await client.me(user.accessToken)).body.id as string };
};

describe('an admin', () => {
  it('sees the sessions of an account as its owner does, and ends one of them', async () => {
    const user = await newUser();
    const other = await client.newSession(user.email);
    const own = await client.call('GET', '/auth/sessions', { token: user.accessToken });
    const listed = await call('GET', `${user.id}/sessions`);
    expect(listed.body.sessions).toEqual(
      (own.body.sessions as object[]).map((session) => ({ ...session, current: false })),
    );
    const ended = (own.body.sessions as { id: string; current: boolean }[]).find(({ current }) => !current)?.id;
    const path = `${user.id}/sessions/${String(ended)}`;
    const twenty = await Promise.all(Array.from({ length: 20 }, () => call('DELETE', path)));
    expect(twenty.map(({ status }) => status).toSorted()).toEqual([204, ...Array<number>(19).fill(404)]);
    expect((await call('DELETE', path)).body.code).toBe('session_not_found');
    expect([(await client.me(other.accessToken)).status, (await client.me(user.accessToken)).status]).toEqual([
      401, 200,
    ]);
    expect(await eventsOf(user.id)).toEqual([
      { type: 'account.read', detail: {} },
      { type: 'session.revoked', detail: { session_ids: [ended] } },
    ]);
  });

  it('ends no session of another account than the one in the path', async () => {
    const [user, other] = [await newUser(), await newUser()];
    const { body } = await call('GET', `${other.id}/sessions`);
    expect((await call('DELETE', `${user.id}/sessions/${String(body.sessions[0].id)}`)).status).toBe(404);
    expect((await client.me(other.accessToken)).status).toBe(200);
  });

  it('sees the applications with access to an account, and withdraws it', async () => {
    await addApplication(service, { client_id: 'other', first_party: false });
    const application = await discover(service, 'other');
    const { id, tokens } = await newConsenter(application);
    const { body } = await call('GET', `${id}/applications`);
    expect(body.applications).toEqual([expect.objectContaining({ client_id: 'other', name: 'other' })]);
    const withdraw = () => call('DELETE', `${id}/applications/other`);
    expect((await withdraw()).status).toBe(204);
    expect((await withdraw()).body.code).toBe('consent_not_found');
    expect((await openid.tokenIntrospection(application, String(tokens.refresh_token))).active).toBe(false);
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'consent.withdrawn',
      detail: { client_id: 'other' },
    });
  });

  it('pages through the accounts that have consented to an application, and withdraws one of the consents', async () => {
    const id = await addApplication(service, { client_id: 'shared', first_party: false });
    const application = await discover(service, 'shared');
    const user = await newConsenter(application);
    const others = await Promise.all([1, 2, 3, 4].map(newUser));
    // all at the same moment, before the first
    await service.database.query(
      `INSERT INTO openid_consent (account_id, application_id, permissions, granted_at)
       SELECT unnest($1::uuid[]), $2, '{openid}', '2026-01-01T00:00:00.123456Z'`,
      [others.map((other) => other.id), id],
    );
    const list = (query: string) =>
      client.call('GET', `/auth/admin/applications/${id}/consents?${query}`, { token: admin.accessToken });
    const idsOf = ({ body }: Awaited<ReturnType<typeof list>>) =>
      (body.consents as { account_id: string }[]).map(({ account_id }) => account_id);
    const recorded = recordStatements(() => true);
    const pages: Awaited<ReturnType<typeof list>>[] = [];
    // bounded, should a page lead to itself
    for (let after = ''; after !== '&after=null' && pages.length < 9; after = `&after=${pages.at(-1)?.body.next}`) {
      pages.push(await list(`limit=2${after}`));
    }
    recorded.stop();
    const olders = others.map((other) => other.id).toSorted();
    expect(pages.map(idsOf)).toEqual([[user.id, olders[3]], [olders[2], olders[1]], [olders[0]]]);
    expect(pages[0]?.body.consents[0]).toEqual({
      account_id: user.id,
      email: user.email,
      scopes: ['email', 'openid', 'profile'],
      granted_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const statements = recorded.sent.filter((text) => text.startsWith('/* openid-consents.list */'));
    expect(statements).toHaveLength(3);
    for (const statement of statements) {
      const plan = await planOf(service.database, statement, 'enable_seqscan = off');
      expect(plan).toContain('openid_consent_application_granted_idx');
      expect(plan).not.toMatch(/Sort|Seq Scan/);
    }
    expect((await call('DELETE', `${user.id}/applications/shared`)).status).toBe(204);
    await expect(openid.refreshTokenGrant(application, String(user.tokens.refresh_token))).rejects.toThrow();
    expect(idsOf(await list(''))).toEqual(olders.toReversed());
    expect((await eventsOf(id))[0]).toEqual({ type: 'accounts.searched', detail: { filters: ['application'] } });
    const unknown = `/auth/admin/applications/${nobody}/consents`;
    expect((await client.call('GET', unknown, { token: admin.accessToken })).body.code).toBe('application_not_found');
    const { accessToken } = await newUser();
    expect((await client.call('GET', unknown, { token: accessToken })).body.code).toBe('role_required');
  });

  it('exports the data of an account as its owner does, which the audit trail tells', async () => {
    const user = await newUser();
    const own = await client.call('GET', '/auth/me/export', { token: user.accessToken });
    const exported = await call('GET', `${user.id}/export`);
    expect(exported.headers.get('content-disposition')).toContain('account.json');
    expect(Object.keys(exported.body)).toEqual(Object.keys(own.body));
    // the mail may be sent in between
    const steady = ({ body }: typeof own) => ({
      ...body,
      exported_at: '',
      audit_events: [],
      mails: body.mails.map((mail: object) => ({ ...mail, sent_at: '' })),
    });
    expect(steady(exported)).toEqual(steady(own));
    expect(await eventsOf(user.id)).toEqual([{ type: 'account.data_exported', detail: {} }]);
  });

  it.each(['sessions', 'applications', 'export'])('gets 404 for the %s of an unknown account', async (what) => {
    expect((await call('GET', `${nobody}/${what}`)).body.code).toBe('account_not_found');
  });
});
