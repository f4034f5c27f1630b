import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { Client, newEmail } from '../../apps/auth/test/support/client.ts';
import { freePort } from '../../tools/lib/free-port.ts';
import { Mailbox } from '../../apps/auth/test/support/mailbox.ts';
import { startIssuer } from '../../apps/auth/test/support/relying-party.ts';
import type { TestService } from '../../apps/auth/test/support/service.ts';
import { Visitor } from '../../apps/auth/test/support/visitor.ts';
import { createApplication } from './application.ts';
import { nest, startNotes } from './notes.ts';
import { ExampleProgram, succeed } from './process.ts';

/** The gateway is compiled once. */
const compileTimeoutMs = 600_000;

const hasGo = spawnSync('go', ['version']).status === 0;
if (!hasGo) {
  process.stderr.write('api-gateway is not tested: there is no go\n');
}

(hasGo ? describe : describe.skip)('oauth2-proxy', () => {
  let auth: TestService;
  let chromium: Browser;
  let url: string;
  let gateway: ExampleProgram;

  beforeAll(async () => {
    await succeed('make', ['bin/oauth2-proxy']);
    await nest.prepare();
    auth = await startIssuer();
    chromium = await launchChromium();
    const port = String(await freePort());
    url = `http://127.0.0.1:${port}`;
    const CLIENT_SECRET = await createApplication(auth, [
      ...['--name', 'Notes', '--kind', 'web', '--client-id', 'api-gateway', '--first-party'],
      ...['--redirect-uri', `${url}/oauth2/callback`, '--post-logout-redirect-uri', `${url}/`],
    ]);
    const files = [
      '--config',
      'examples/api-gateway/oauth2-proxy.cfg',
      '--alpha-config',
      'examples/api-gateway/routes.yaml',
    ];
    gateway = new ExampleProgram('bin/oauth2-proxy', files, {
      ...{ ISSUER: auth.url, PORT: port, NOTES_URL: await startNotes(nest, auth), CLIENT_SECRET },
      OAUTH2_PROXY_COOKIE_SECRET: randomBytes(16).toString('hex'),
      OAUTH2_PROXY_REDIRECT_URL: `${url}/oauth2/callback`,
      OAUTH2_PROXY_WHITELIST_DOMAINS: new URL(auth.url).host,
    });
    await gateway.shows(/OAuthProxy configured/);
    for (let tries = 0; tries < 600 && !(await answers()); tries += 1) {
      await sleep(100);
    }
  }, compileTimeoutMs);
  afterAll(() => chromium.close());

  const answers = () =>
    fetch(`${url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );

  /** A person with an account who asks the gateway for the service's answer. */
  async function newCaller(isVerified: boolean) {
    const email = newEmail();
    const { body } = await new Client(auth.url).register(email);
    await auth.database.query('UPDATE account SET email_verified_at = $1 WHERE id = $2', [
      isVerified ? new Date() : null,
      body.id,
    ]);
    const visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
    await visitor.open(`${url}/notes`);
    expect(await visitor.heading()).toBe('Sign in');
    await visitor.signIn(email);
    return { visitor, id: String(body.id) };
  }

  it('lets a person through to the service with an access token, until they sign out', async () => {
    const { visitor, id } = await newCaller(true);
    await visitor.page.waitForURL(`${url}/notes`);
    const answer = await visitor.page.textContent('body');
    expect(JSON.parse(String(answer))).toEqual({ owner: id, notes: [] });

    const after = new URLSearchParams({ client_id: 'api-gateway', post_logout_redirect_uri: `${url}/` });
    await visitor.open(`${url}/oauth2/sign_out?${new URLSearchParams({ rd: `${auth.url}/openid/logout?${after}` })}`);
    await visitor.press('Sign out');
    expect(await visitor.heading()).toBe('Sign in');
  });

  it('lets nobody through whose e-mail address is not confirmed', async () => {
    const { visitor } = await newCaller(false);
    await visitor.page.waitForURL(`${url}/oauth2/callback**`);
    expect(gateway.output).toMatch(/email in id_token .* isn't verified/);
  });

  it('passes no token on that a caller brings', async () => {
    const { accessToken } = await new Client(auth.url).newAccount();
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${url}/notes`, { headers, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, expect.stringMatching(`^${auth.url}/`)]);
  });
});
