import { beforeAll, describe, expect, it } from '@jest/globals';
import * as openid from 'openid-client';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { addApplication, authorize, discover, exchange, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
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
    const email = newEmail();
    const { body: user } = await client.register(email);
    const agent = await UserAgent.signedIn(service, client, email);
    const request = await authorize(application, agent);
    const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
    const tokens = await exchange(application, { ...request, page });
    const { body } = await call('GET', `${String(user.id)}/applications`);
    expect(body.applications).toEqual([expect.objectContaining({ client_id: 'other', name: 'other' })]);
    const withdraw = () => call('DELETE', `${String(user.id)}/applications/other`);
    expect((await withdraw()).status).toBe(204);
    expect((await withdraw()).body.code).toBe('consent_not_found');
    expect((await openid.tokenIntrospection(application, String(tokens.refresh_token))).active).toBe(false);
    expect((await eventsOf(String(user.id))).at(-1)).toMatchObject({
      type: 'consent.withdrawn',
      detail: { client_id: 'other' },
    });
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
