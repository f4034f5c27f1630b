import { beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { newEnrolledAccount } from './support/authenticator-app.ts';
import { Client, type Login } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { meanwhile } from './support/locks.ts';
import { newPasskey } from './support/passkey.ts';
import { addApplication, authorize, discover, exchange, startIssuer } from './support/relying-party.ts';
import { strongPassword, type TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let bank: openid.Configuration;

beforeAll(async () => {
  const PORT = String(await freePort());
  const issuer = `http://127.0.0.1:${PORT}`;
  service = await startIssuer({ PORT, TOKEN_ISSUER: issuer, WEBAUTHN_ORIGINS: issuer });
  client = new Client(service.url);
  await addApplication(service, { client_id: 'bank' });
  bank = await discover(service, 'bank');
});

/** Keeps a session in a browser. */
async function inBrowser({ email, accessToken, refreshToken }: Login) {
  const origin = service.url;
  const kept = await client.call('POST', '/auth/session', {
    headers: { origin },
    body: { refresh_token: refreshToken },
  });
  const agent = new UserAgent(service);
  agent.plant({ session: /^session=([\w-]+)/.exec(kept.headers.get('set-cookie') ?? '')?.[1] ?? '' });
  const { sub, sid } = decodeJwt<{ sub: string; sid: string }>(accessToken);
  return { agent, email, account: sub, sid };
}

/** Makes a session old, so that a later proof shows. */
const age = (sid: string) =>
  service.database.query(
    "UPDATE session SET authenticated_at = date_trunc('hour', now()) - interval '1 hour' WHERE id = $1",
    [sid],
  );
const stateOf = async (sid: string) => {
  const { rows } = await service.database.query(
    "SELECT amr, authenticated_at < now() - interval '1 hour' AS old FROM session WHERE id = $1",
    [sid],
  );
  return rows;
};

/** People, and how they prove who they are. */
const people = {
  password: async () => {
    const person = await inBrowser(await client.newAccount());
    return { ...person, path: '/sign-in/confirm', prove: async () => ({ password: strongPassword }) };
  },
  code: async () => {
    const login = await newEnrolledAccount(client);
    const prove = async () => ({ code: login.recoveryCodes[0] ?? '' });
    return { ...(await inBrowser(login)), path: '/sign-in/confirm', prove };
  },
  passkey: async () => {
    const person = await inBrowser(await client.newAccount());
    const signIn = await newPasskey(service, client, person.account);
    return { ...person, path: '/sign-in/confirm/passkey', prove: async () => ({ credential: await signIn() }) };
  },
};
type Way = keyof typeof people;

describe('a session that changes while its owner proves who they are', () => {
  const changes = [
    ['gets another cookie', 'UPDATE session SET browser_hash = sha256(id::text::bytea) WHERE id = $1'],
    ['ends', 'DELETE FROM session WHERE id = $1'],
  ] as const;
  const cases = (Object.keys(people) as Way[]).flatMap((by) => changes.map(([what, change]) => ({ by, what, change })));

  it.each(cases)('$what: nothing is proved by $by, and the browser signs in again', async ({ by, what, change }) => {
    const { agent, email, account, sid, path, prove } = await people[by]();
    await age(sid);
    const before = await stateOf(sid);
    const cookie = agent.cookie('session');
    const form = { ...(await prove()), account, continue: '/account/email' };
    const page = await meanwhile(service, {
      email,
      request: () => agent.open(path, { form }),
      change: (holder) => holder.query(change, [sid]),
    });
    expect(page.url.pathname + page.url.search).toBe('/sign-in?continue=%2Faccount%2Femail');
    expect(agent.cookie('session')).toBe(cookie);
    expect(await stateOf(sid)).toEqual(what === 'ends' ? [] : before);
  });

  it.each(Object.keys(people) as Way[])('is proved by %s otherwise, under a new cookie', async (by) => {
    const { agent, account, sid, path, prove } = await people[by]();
    await age(sid);
    const cookie = agent.cookie('session');
    const page = await agent.open(path, { form: { ...(await prove()), account, continue: '/account/email' } });
    expect([page.status, page.url.pathname]).toEqual([200, '/account/email']);
    expect(agent.cookie('session')).not.toBe(cookie);
    expect(await stateOf(sid)).toEqual([expect.objectContaining({ old: false })]);
  });
});

it.each([
  ['a new password', '/account/password', { password: strongPassword, new_password: 'amber-heron-reads-97-maps' }],
  ['the end of all other sessions', '/account/sessions/end-others', {}],
])('an earlier cookie has no part in %s', async (_what, path, form) => {
  const { agent, email, account } = await people.password();
  const thief = new UserAgent(service);
  thief.plant({ session: String(agent.cookie('session')) });
  expect((await thief.open('/account')).url.pathname).toBe('/account');
  const page = await meanwhile(service, {
    email,
    request: () => agent.open(path, { form: { ...form, account } }),
    change: async () => expect((await thief.open('/account')).url.pathname).toBe('/sign-in'),
  });
  expect(page.url.pathname).toBe('/account');
});

describe('a request for more than one factor', () => {
  /** The hidden fields of a form. */
  const fieldsOf = (text: string, action: string) => {
    const [form = ''] = text.split(`action="${action}"`)[1]?.split('</form>') ?? [];
    const inputs = form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
    return Object.fromEntries([...inputs].map(([, name, value]) => [name, value] as [string, string]));
  };

  it.each([
    ['passkey', { credential: '{}' }],
    ['code', { code: '000000' }],
  ] as const)('stays one after a %s was refused, and a password does not satisfy it', async (by, wrong) => {
    const { agent, sid, path, prove } = await people[by]();
    // as if the login had been by password alone
    await service.database.query("UPDATE session SET amr = '{pwd}' WHERE id = $1", [sid]);
    await age(sid);
    const { page: asked, ...request } = await authorize(bank, agent, { acr_values: 'aal2' });
    expect(asked.url.pathname).toBe('/sign-in/confirm');
    const refused = await agent.open(path, { form: { ...fieldsOf(asked.text, path), ...wrong } });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    const kept = fieldsOf(refused.text, path);
    expect([kept['acr'], refused.text.includes('name="password"')]).toEqual(['aal2', false]);

    const form = { ...kept, password: strongPassword };
    const again = await agent.open('/sign-in/confirm', { form });
    expect([again.status, again.url.pathname]).toEqual([400, '/sign-in/confirm']);
    expect(await stateOf(sid)).toEqual([{ amr: ['pwd'], old: true }]);

    const page = await agent.open(path, { form: { ...fieldsOf(again.text, path), ...(await prove()) } });
    expect((await exchange(bank, { ...request, page })).claims()).toMatchObject({ acr: 'aal2' });
  });
});
