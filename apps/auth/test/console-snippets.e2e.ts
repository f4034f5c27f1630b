import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportJWK, generateKeyPair } from 'jose';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import {
  nodeDevice,
  nodeMachine,
  nodeNative,
  nodeWeb,
  singlePage,
} from '../../console/src/pages/applications/stacks/javascript.ts';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { addApplication, redirectUri, secretOf, startIssuer } from './support/relying-party.ts';
import type { TestService } from './support/service.ts';
import { UserAgent, xsrfIn } from './support/user-agent.ts';
import { Visitor } from './support/visitor.ts';

let service: TestService;
let client: Client;
let chromium: Browser;
let jwk: object;

beforeAll(async () => {
  service = await startIssuer();
  client = new Client(service.url);
  chromium = await launchChromium();
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  jwk = await exportJWK(privateKey);
  for (const kind of ['web', 'native', 'machine']) {
    const redirect_uris = [kind === 'native' ? 'http://127.0.0.1/signed-in' : redirectUri];
    for (const client_id of [kind, `${kind}-with-keys`]) {
      await addApplication(service, { client_id, kind, scopes: ['notes:read'], redirect_uris });
    }
  }
  await service.database.query("UPDATE application SET jwks = $1 WHERE client_id LIKE '%-with-keys'", [
    { keys: [await exportJWK(publicKey)] },
  ]);
});
afterAll(() => chromium.close());

/** What the console fills in about an application. */
const valuesOf = (clientId: string, scope = 'openid email notes:read') => ({
  issuer: service.url,
  clientId,
  redirectUri,
  scope,
  resource: undefined,
  algorithm: 'ES256' as const,
  hasKeys: clientId.endsWith('-with-keys'),
});

/** Runs a snippet as the module that it is, and reads what it prints. */
function run(code: string, clientId: string) {
  const environment = { ...process.env, CLIENT_SECRET: secretOf(clientId), PRIVATE_JWK: JSON.stringify(jwk) };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output += String(chunk)));
  }
  const ended = once(child, 'close');
  return {
    child,
    /** Waits until it has printed what matches. */
    async shows(pattern: RegExp): Promise<string[]> {
      for (let isOpen = true; ;) {
        const match = pattern.exec(output);
        if (match) {
          return match;
        }
        if (!isOpen) {
          throw new Error(`${String(pattern)} is not in ${output}`);
        }
        isOpen = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
      }
    },
  };
}

const signedIn = async () => {
  const email = newEmail();
  const { body } = await client.register(email);
  return { sub: String(body.id), email, agent: await UserAgent.signedIn(service, client, email) };
};

const driver = `
const begun = await begin();
console.log('Open', begun.url.href);
process.stdin.once('data', async (url) => {
  console.log('Hello', (await finish(String(url), begun)).claims.sub);
  process.stdin.destroy();
});`;

it.each(['web', 'web-with-keys'])('the snippet of a server signs a person in (%s)', async (clientId) => {
  const { sub, agent } = await signedIn();
  const program = run(nodeWeb(valuesOf(clientId)) + driver, clientId);
  const [, url = ''] = await program.shows(/Open (\S+)\n/);
  program.child.stdin.write((await agent.open(url)).url.href);
  expect((await program.shows(/Hello (\S+)\n/))[1]).toBe(sub);
});

it.each(['machine', 'machine-with-keys'])('the snippet of a program gets a token (%s)', async (clientId) => {
  const code = `${nodeMachine(valuesOf(clientId, 'notes:read'))}\nconsole.log('Lives', seconds, token.split('.').length);`;
  await run(code, clientId).shows(/Lives 600 3\n/);
});

it('the snippet of a native application signs a person in', async () => {
  const { sub, agent } = await signedIn();
  const values = { ...valuesOf('native'), redirectUri: 'http://127.0.0.1/signed-in' };
  const program = run(nodeNative(values), 'native');
  const [, url = ''] = await program.shows(/Open (\S+)\n/);
  const consent = await agent.open(url);
  const { url: answer } = await agent.open(consent.url, { form: { decision: 'allow' } });
  expect(await (await fetch(answer)).text()).toBe('You can close this page.');
  expect((await program.shows(/Hello (\S+)\n/))[1]).toBe(sub);
});

it('the snippet of a device signs a person in', async () => {
  const { sub, agent } = await signedIn();
  const program = run(`${nodeDevice(valuesOf('native'))}\nconsole.log('Hello', tokens.claims().sub);`, 'native');
  const [, url = '', userCode = ''] = await program.shows(/Open (\S+) on any device, and enter (\S+)\n/);
  const type = async (page: { text: string }, form: Record<string, string> = {}) =>
    agent.open(url, { form: { xsrf: xsrfIn(page), user_code: userCode, ...form } });
  const consent = await type(await type(await agent.open(url)), { confirm: 'yes' });
  await agent.open(consent.url, { form: { decision: 'allow' } });
  expect((await program.shows(/Hello (\S+)\n/))[1]).toBe(sub);
});

it('the snippet of a single-page application signs a person in', async () => {
  const library = await readFile(new URL(import.meta.resolve('oauth4webapi')), 'utf8');
  let script = '';
  const server = createServer(({ url = '' }, response) => {
    const [type, body] =
      url === '/library.js' || url === '/snippet.js'
        ? ['text/javascript', url === '/library.js' ? library : script]
        : [
            'text/html',
            `<script type="importmap">{"imports":{"oauth4webapi":"/library.js"}}</script>
             <p></p><script type="module" src="/snippet.js"></script>`,
          ];
    response.writeHead(200, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const values = { ...valuesOf('page'), redirectUri: `${origin}/signed-in` };
  await addApplication(service, {
    client_id: 'page',
    kind: 'single_page',
    scopes: ['notes:read'],
    redirect_uris: [values.redirectUri],
  });
  await service.database.query("UPDATE application SET origins = $1 WHERE client_id = 'page'", [[origin]]);
  script = `${singlePage(values)}
if (location.pathname === '/signed-in') {
  const { id_token: token } = await finish();
  document.querySelector('p').textContent = JSON.parse(atob(token.split('.')[1])).sub;
} else {
  await signIn();
}`;
  const email = newEmail();
  const { body: account } = await client.register(email);
  const visitor = await Visitor.arrive(chromium, service, await Mailbox.open());
  await visitor.page.goto(`${origin}/`);
  await visitor.signIn(email);
  await visitor.page.getByText(String(account.id)).waitFor();
  expect(visitor.page.url()).toBe(values.redirectUri);
  server.close();
});
