import { beforeAll, describe, expect, it } from 'vitest';
import * as openid from 'openid-client';
import { enrol } from './support/authenticator-app.ts';
import { Client, newEmail } from './support/client.ts';
import {
  addApplication,
  authorizationUrl,
  authorize,
  discover,
  exchange,
  signIn,
  startIssuer,
} from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { UserAgent } from './support/user-agent.ts';

let service: TestService;
let client: Client;
let notes: openid.Configuration;

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  await addApplication(service, { client_id: 'notes' });
  notes = await discover(service, 'notes');
});

async function newPerson() {
  const email = newEmail();
  const sub = String((await client.register(email)).body.id);
  const agent = new UserAgent(service);
  const sid = await agent.signIn(service, client, email);
  return { email, sub, sid, agent };
}
const asking = (claims: object) => ({ scope: 'openid', claims: JSON.stringify(claims) });
const userinfo = async (config: openid.Configuration, tokens: { access_token: string }, sub: string) =>
  openid.fetchUserInfo(config, tokens.access_token, sub);

describe('the claims parameter', () => {
  it('adds claims to the ID token and to the userinfo response, each where it is asked for', async () => {
    const { email, sub, agent } = await newPerson();
    const plain = await signIn(notes, agent, { scope: 'openid' });
    expect(plain.claims()).not.toHaveProperty('email');
    expect(await userinfo(notes, plain, sub)).toEqual({ sub });

    const claims = { id_token: { email: null }, userinfo: { email_verified: { essential: true }, unknown: null } };
    const tokens = await signIn(notes, agent, asking(claims));
    expect(tokens.claims()).toMatchObject({ email });
    expect(tokens.claims()).not.toHaveProperty('email_verified');
    expect(await userinfo(notes, tokens, sub)).toEqual({ sub, email_verified: false });

    const refreshed = await openid.refreshTokenGrant(notes, String(tokens.refresh_token));
    expect(refreshed.claims()).toMatchObject({ email });
    expect(await userinfo(notes, refreshed, sub)).toEqual({ sub, email_verified: false });
  });

  it('still adds them to the userinfo response after a step-up and a refresh', async () => {
    const { email, sub, agent } = await newPerson();
    const tokens = await signIn(notes, agent, asking({ userinfo: { email: null } }));
    const { recoveryCodes } = await enrol(client, tokens.access_token);
    const body = { code: recoveryCodes[0] };
    const stepped = await client.call('POST', '/auth/mfa/step-up', { token: tokens.access_token, body });
    expect(stepped.status).toBe(200);
    expect(await userinfo(notes, stepped.body, sub)).toEqual({ sub, email });
    const refreshed = await openid.refreshTokenGrant(notes, String(tokens.refresh_token));
    expect(await userinfo(notes, refreshed, sub)).toEqual({ sub, email });
  });

  it('gives an application of others what its owner consents to, and nothing before', async () => {
    await addApplication(service, { client_id: 'foreign', first_party: false });
    const foreign = await discover(service, 'foreign');
    const { email, sub, agent } = await newPerson();
    const allow = async (parameters: Record<string, string>) => {
      const request = await authorize(foreign, agent, parameters);
      const page = await agent.open(request.page.url, { form: { decision: 'allow' } });
      return { text: request.page.text, tokens: await exchange(foreign, { ...request, page }) };
    };
    const first = await allow({ scope: 'openid' });
    expect(first.text).not.toContain('see your e-mail address');
    expect(await userinfo(foreign, first.tokens, sub)).toEqual({ sub });
    const second = await allow(asking({ userinfo: { email: null } }));
    expect(second.text).toContain('see your e-mail address');
    expect(await userinfo(foreign, second.tokens, sub)).toEqual({ sub, email });

    const claims = JSON.stringify({ id_token: { roles: null }, userinfo: { roles: null } });
    const third = await allow({ scope: 'openid profile', claims });
    expect(third.text).toContain('see your name');
    expect(third.tokens.claims()).not.toHaveProperty('roles');
    expect(await userinfo(foreign, third.tokens, sub)).toEqual({ sub, updated_at: expect.any(Number) });
  });

  it.each(['{', '[]', '{"userinfo":1}', '{"id_token":{"email":1}}'])(
    'is rejected with the value %s',
    async (claims) => {
      const { agent } = await newPerson();
      const { page } = await authorize(notes, agent, { claims });
      expect(page.url.searchParams.get('error')).toBe('invalid_request');
    },
  );
});

describe('acr as an essential claim', () => {
  const essential = (...values: string[]) => asking({ id_token: { acr: { essential: true, values } } });

  it('asks for the second factor, and fails the request of an account without one', async () => {
    const { agent, sub, sid } = await newPerson();
    expect((await signIn(notes, agent, essential('aal1'))).claims()).toMatchObject({ acr: 'aal1' });
    const unmet = await authorize(notes, agent, essential('aal2'));
    expect(unmet.page.url.searchParams.get('error')).toBe('unmet_authentication_requirements');
    expect((await authorize(notes, agent, essential('aal3'))).page.url.searchParams.has('code')).toBe(false);

    await service.database.query("INSERT INTO totp (account_id, secret, confirmed_at) VALUES ($1, 'secret', now())", [
      sub,
    ]);
    const request = await authorize(notes, agent, essential('aal2'));
    expect(request.page.url.pathname).toBe('/sign-in/confirm');
    const silent = await authorize(notes, agent, { ...essential('aal2'), prompt: 'none' });
    expect(silent.page.url.searchParams.get('error')).toBe('login_required');
    await service.database.query("UPDATE session SET amr = '{pwd,otp,mfa}' WHERE id = $1", [sid]);
    const page = await agent.open(String(request.page.url.searchParams.get('continue')));
    expect((await exchange(notes, { ...request, page })).claims()).toMatchObject({ acr: 'aal2' });
  });

  it('is met by the present class if that is one of several, and by a stronger one', async () => {
    const { agent, sub, sid } = await newPerson();
    await service.database.query("INSERT INTO totp (account_id, secret, confirmed_at) VALUES ($1, 'secret', now())", [
      sub,
    ]);
    const either: Record<string, string>[] = [essential('aal1', 'aal2'), { acr_values: 'aal1 aal2' }];
    for (const parameters of either) {
      expect((await signIn(notes, agent, parameters)).claims()).toMatchObject({ acr: 'aal1' });
    }
    await service.database.query("UPDATE session SET amr = '{pwd,otp,mfa}' WHERE id = $1", [sid]);
    for (const parameters of [...either, essential('aal1')]) {
      expect((await signIn(notes, agent, parameters)).claims()).toMatchObject({ acr: 'aal2' });
    }
  });

  it('is the same with a single value', async () => {
    const { agent } = await newPerson();
    const { page } = await authorize(notes, agent, asking({ id_token: { acr: { essential: true, value: 'aal2' } } }));
    expect(page.url.searchParams.get('error')).toBe('unmet_authentication_requirements');
  });
});

it('asks for another person if the claim sub names one', async () => {
  const [asked, present] = [await newPerson(), await newPerson()];
  const claims = asking({ id_token: { sub: { value: asked.sub } } });
  expect((await authorize(notes, present.agent, claims)).page.url.pathname).toBe('/sign-in');
  expect((await signIn(notes, asked.agent, claims)).claims()?.sub).toBe(asked.sub);
});

it('gives an application of others no access token for this service, even if it is stored as its resource', async () => {
  const resources = [service.url, 'https://api.example.com'];
  await addApplication(service, { client_id: 'powerful', first_party: false, resources });
  const powerful = await discover(service, 'powerful');
  const { agent } = await newPerson();
  const refused = await authorize(powerful, agent, { resource: service.url });
  expect(refused.page.url.searchParams.get('error')).toBe('invalid_target');
  const request = await authorize(powerful, agent, { resource: 'https://api.example.com' });
  expect(request.page.text).toContain('Allow powerful to use your account?');
});

it('tells an application of others nothing about its visitor before consent', async () => {
  await addApplication(service, { client_id: 'curious', first_party: false });
  const curious = await discover(service, 'curious');
  const [visitor, enrolled] = [await newPerson(), await newPerson()];
  await service.database.query('UPDATE account SET second_factor = true WHERE id = $1', [enrolled.sub]);
  const essential = asking({ id_token: { acr: { essential: true, value: 'aal2' } } });
  const silent = async (agent: UserAgent, parameters: Record<string, string>) => {
    const { page } = await authorize(curious, agent, { ...parameters, prompt: 'none' });
    return [page.url.searchParams.get('error'), page.url.searchParams.get('error_description')];
  };
  const nobody = await silent(new UserAgent(service), {});
  expect(nobody[0]).toBe('login_required');
  const named = asking({ id_token: { sub: { value: visitor.sub } } });
  const requests: Record<string, string>[] = [{}, named, essential, { max_age: '0' }];
  for (const parameters of requests) {
    expect(await silent(visitor.agent, parameters)).toEqual(nobody);
    expect(await silent(enrolled.agent, parameters)).toEqual(nobody);
  }
  const asked = await authorize(curious, visitor.agent, essential);
  expect(asked.page.text).toContain('Allow curious to use your account?');
  const allowed = await visitor.agent.open(asked.page.url, { form: { decision: 'allow' } });
  expect(allowed.url.searchParams.get('error')).toBe('unmet_authentication_requirements');
});

it('answers a request without a scope that it could grant before it looks at the session', async () => {
  await addApplication(service, { client_id: 'prying', first_party: false, scopes: ['notes:read'] });
  const prying = await discover(service, 'prying');
  const { agent } = await newPerson();
  const visit = async (visitor: UserAgent, scope: string) => {
    const { url } = await authorizationUrl(prying, { scope });
    // without the scope `openid` there is no ID token to hold it
    url.searchParams.delete('nonce');
    return visitor.open(url);
  };
  for (const scope of ['foo', '', 'offline_access', 'foo bar']) {
    for (const visitor of [agent, new UserAgent(service)]) {
      const { url } = await visit(visitor, scope);
      expect([url.origin, url.searchParams.get('error')]).toEqual(['https://app.example.com', 'invalid_scope']);
    }
  }
  const page = await visit(agent, 'notes:read foo');
  expect(page.text).toContain('Allow prying to use your account?');
});
