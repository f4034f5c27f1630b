import { expect, it } from 'vitest';
import { Client, newEmail } from './support/client.ts';
import { newPasskey } from './support/passkey.ts';
import { startIssuer } from './support/relying-party.ts';
import { UserAgent } from './support/user-agent.ts';

it('where the pages can use no passkeys, they offer none, and only remove those that the account uses elsewhere', async () => {
  const service = await startIssuer({ WEBAUTHN_ORIGINS: 'https://app.example.com' });
  const client = new Client(service.url);
  const stranger = new UserAgent(service);
  const { text } = await stranger.open('/sign-in');
  expect(text).toContain('autocomplete="username"');
  expect(text).not.toMatch(/passkey/i);
  expect((await stranger.open('/register/passkey')).text).toContain('<h1>Create an account</h1>');

  const email = newEmail();
  const { id } = (await client.register(email)).body;
  const agent = await UserAgent.signedIn(service, client, email);
  for (const path of ['/account', '/account/welcome']) {
    expect((await agent.open(path)).text).not.toMatch(/passkey/i);
  }
  expect((await agent.open('/account/passkeys/add')).url.pathname).toBe('/account');
  await newPasskey(service, client, id);
  const account = await agent.open('/account');
  expect(account.text).toContain('aria-label="Remove: Key"');
  expect(account.text).not.toContain('/account/passkeys/add');
});
