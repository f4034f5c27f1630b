import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import * as openid from 'openid-client';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { Mailbox } from './support/mailbox.ts';
import { addApplication, discover, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

let service: TestService;
let client: Client;
let chromium: Browser;
let server: Server;
let url: string;

/** A web application of its own origin: `/<client id>` signs a person in and greets them. */
beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  chromium = await launchChromium();
  const port = await freePort();
  url = `http://127.0.0.1:${String(port)}`;
  const verifier = openid.randomPKCECodeVerifier();
  server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', url);
    const [, clientId = '', step] = asked.pathname.split('/');
    const serve = async () => {
      const config = await discover(service, clientId);
      const redirect_uri = `${url}/${clientId}/signed-in`;
      if (step === 'signed-in') {
        const tokens = await openid.authorizationCodeGrant(config, asked, { pkceCodeVerifier: verifier });
        const { email } = decodeJwt<{ email: string }>(String(tokens.id_token));
        response.setHeader('content-type', 'text/html').end(`<h1>Hello ${email}</h1>`);
        return;
      }
      const code_challenge = await openid.calculatePKCECodeChallenge(verifier);
      const parameters = { redirect_uri, scope: 'openid email', code_challenge, code_challenge_method: 'S256' };
      response.writeHead(303, { location: openid.buildAuthorizationUrl(config, parameters).href }).end();
    };
    serve().catch((error: unknown) => response.writeHead(500).end(String(error)));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  for (const [client_id, first_party] of [
    ['notes', true],
    ['other', false],
  ] as const) {
    await addApplication(service, { client_id, first_party, redirect_uris: [`${url}/${client_id}/signed-in`] });
  }
});
afterAll(async () => {
  server.close();
  await chromium.close();
});

it('signs a person in to an application from its page to its page, and to another one after consent, until that is withdrawn', async () => {
  const email = newEmail();
  await client.register(email);
  const visitor = await Visitor.arrive(chromium, service, await Mailbox.open(), { javaScriptEnabled: false });
  await visitor.open(`${url}/notes`);
  expect(await visitor.heading()).toBe('Sign in');
  await visitor.signIn(email);
  await visitor.page.waitForURL(`${url}/notes/**`);
  expect(await visitor.heading()).toBe(`Hello ${email}`);

  await visitor.open(`${url}/other`);
  expect(await visitor.heading()).toBe('Allow other to use your account?');
  await visitor.press('Allow');
  await visitor.page.waitForURL(`${url}/other/**`);
  expect(await visitor.heading()).toBe(`Hello ${email}`);
  await visitor.open(`${url}/other`);
  expect(await visitor.heading()).toBe(`Hello ${email}`);

  await visitor.open('/account');
  await visitor.follow('Show');
  expect(await visitor.heading()).toBe('Applications with access');
  expect(await visitor.page.getByRole('listitem').allTextContents()).toEqual([
    'see your e-mail address',
    'know that you are signed in',
  ]);
  await visitor.press('Withdraw access: other');
  expect(await visitor.page.getByRole('status').textContent()).toMatch(/no longer has access/);
  expect(await visitor.count('No application has access')).toBe(1);
  await visitor.open(`${url}/other`);
  expect(await visitor.heading()).toBe('Allow other to use your account?');
});
