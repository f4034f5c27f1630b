import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium, patienceMs } from '../../../apps/auth/test/support/chromium.ts';
import { Client, newEmail } from '../../../apps/auth/test/support/client.ts';
import { startTestService, strongPassword, type TestService } from '../../../apps/auth/test/support/service.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { installPacked } from '../../../tools/lib/packed.ts';
import { root } from '../../../tools/lib/root.ts';

const run = promisify(execFile);
let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await installPacked(['client']);
  const { outputFiles } = await build({
    stdin: { contents: "export * from '@devopslocally/client';", resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  bundle = outputFiles[0]?.text ?? '';
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has one dependency', async () => {
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
  const names = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((path) => path.split('node_modules/').at(-1));
  // the helpers are types of openapi-fetch
  expect(names.sort()).toEqual(['@devopslocally/client', 'openapi-fetch', 'openapi-typescript-helpers']);
});

it('weighs 8 KB at most, all included', () => {
  const [brotli, gzip] = [brotliCompressSync(bundle).length, gzipSync(bundle, { level: 9 }).length];
  process.stdout.write(`@devopslocally/client: ${bundle.length} bytes, ${brotli} by Brotli, ${gzip} by gzip\n`);
  expect(gzip).toBeLessThanOrEqual(8 * 1024);
});

it('works in plain JavaScript in Node.js', async () => {
  const service = await startTestService();
  const program = `
    import { createAuthClient, orThrow, tokenSession } from '@devopslocally/client';
    const [baseUrl, email, password] = process.argv.slice(2);
    const session = tokenSession({ baseUrl });
    const client = createAuthClient({ baseUrl, session });
    await orThrow(client.POST('/auth/register', { body: { email, password } }));
    await session.start(await orThrow(client.POST('/auth/login', { body: { email, password } })));
    console.log((await orThrow(client.GET('/auth/me'))).email);
    await session.end();
    console.log((await client.GET('/auth/me')).error.code);
  `;
  await writeFile(join(folder, 'program.js'), program);
  const email = newEmail();
  const { stdout } = await run(process.execPath, ['program.js', service.url, email, strongPassword], { cwd: folder });
  expect(stdout).toBe(`${email}\ntoken_missing\n`);
});

it.each([
  ['a browser', { lib: ['es2022', 'dom'], module: 'esnext', moduleResolution: 'bundler', types: [] }],
  ['Node.js', { lib: ['es2022'], module: 'nodenext', types: ['node'], typeRoots: [join(root, 'node_modules/@types')] }],
])('has types for %s', async (_name, options) => {
  const program = `
    import { createAuthClient, orThrow, type Account, type ProblemCode } from '@devopslocally/client';
    const client = createAuthClient({ baseUrl: 'https://auth.example.com' });
    const { data, error } = await client.DELETE('/auth/me', { body: { password: '' } });
    export const isLast: boolean = error?.code === 'last_admin';
    // @ts-expect-error no problem of this route
    export const isTaken: boolean = error?.code === 'passkey_taken';
    // @ts-expect-error no such route
    await client.GET('/auth/you');
    export const email: Account['email'] = (await orThrow(client.GET('/auth/me'))).email;
    export const code: ProblemCode = 'token_expired';
    export const nothing: undefined = data;
  `;
  await writeFile(join(folder, 'program.ts'), program);
  const compilerOptions = { ...options, target: 'es2022', strict: true, noEmit: true };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const output = await run(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  expect(output).toBe('');
});

describe('in Chromium', () => {
  /** Chromium takes `*.auth.localhost` for one site, as it takes the sub-domains of example.com. */
  let issuer: string;
  let app: string;
  let service: TestService;
  let pages: Server;
  let chromium: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    const page = `<!doctype html><title>app</title><script type="module">
      import * as library from '/client.js';
      Object.assign(window, library, { ends: 0 });
      const baseUrl = new URLSearchParams(location.search).get('auth');
      window.session = library.cookieSession({ baseUrl, onEnd: () => { window.ends += 1; } });
      window.client = library.createAuthClient({ baseUrl, session });
    </script>`;
    pages = createServer(({ url }, response) => {
      const [type, body] = url === '/client.js' ? ['text/javascript', bundle] : ['text/html', page];
      response.setHeader('content-type', type).end(body);
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    app = `http://app.auth.localhost:${String((pages.address() as AddressInfo).port)}`;
    const port = String(await freePort());
    issuer = `http://auth.localhost:${port}`;
    service = await startTestService({
      PORT: port,
      TOKEN_ISSUER: issuer,
      CORS_ORIGINS: app,
      WEBAUTHN_RP_ID: 'auth.localhost',
      WEBAUTHN_ORIGINS: app,
    });
    chromium = await launchChromium();
    context = await chromium.newContext();
    context.setDefaultTimeout(patienceMs);
  });
  afterAll(async () => {
    await chromium.close();
    pages.close();
  });

  const open = async () => {
    const page = await context.newPage();
    await page.goto(`${app}/?auth=${encodeURIComponent(issuer)}`);
    await page.waitForFunction('window.client');
    return page;
  };
  /** Runs a script of the page. */
  const inPage = <T>(page: Page, script: string) => page.evaluate<T>(`(async () => { ${script} })()`);
  const email = newEmail();
  const me = (page: Page) => inPage<string | undefined>(page, "return (await client.GET('/auth/me')).data?.email");
  const ends = (page: Page) => inPage<number>(page, 'return ends');

  it('two tabs refresh once for all their calls, and end together', async () => {
    await new Client(service.url).register(email);
    let exchanges = 0;
    context.on('request', (request) => {
      exchanges += request.method() === 'POST' && request.url().endsWith('/access-token') ? 1 : 0;
    });
    const tabs = [await open(), await open()] as const;
    const credentials = JSON.stringify({ email, password: strongPassword });
    await inPage(tabs[0], `await session.start(await orThrow(client.POST('/auth/login', { body: ${credentials} })))`);
    // the other tab has its token from the first
    expect([await me(tabs[0]), await me(tabs[1])]).toEqual([email, email]);

    for (const [value, age] of [
      ["token.slice(0, -8) + 'AAAAAAAA'", 'rejected'],
      ['token', 'stale'],
    ] as const) {
      exchanges = 0;
      const refreshAt = age === 'stale' ? 0 : Date.now() + 600_000;
      await inPage(
        tabs[0],
        `const token = await session.token();
         const held = { value: ${value}, refreshAt: ${refreshAt}, expiresAt: ${refreshAt + 1} };
         new BroadcastChannel(${JSON.stringify(`${issuer}/auth/session`)}).postMessage({ held });
         await new Promise((resolve) => setTimeout(resolve, 200));`,
      );
      const calls = `
        const calls = await Promise.all(Array.from({ length: 20 }, () => client.GET('/auth/me')));
        return calls.map(({ data, error }) => data?.email ?? error.code);`;
      const results = await Promise.all(tabs.map((tab) => inPage<string[]>(tab, calls)));
      expect(results.flat()).toEqual(Array(40).fill(email));
      expect([age, exchanges]).toEqual([age, 1]);
    }

    // a reload keeps the session
    await tabs[1].reload();
    await tabs[1].waitForFunction('window.client');
    expect(await me(tabs[1])).toBe(email);
    await inPage(tabs[0], 'await session.end()');
    await tabs[1].waitForFunction('window.ends === 1');
    expect([await me(tabs[0]), await me(tabs[1]), await ends(tabs[0]), await ends(tabs[1])]).toEqual([
      undefined,
      undefined,
      0,
      1,
    ]);
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  it('a tab ends when another account logs in', async () => {
    const others = newEmail();
    await new Client(service.url).register(others);
    const tabs = [await open(), await open()] as const;
    const logIn = (page: Page, name: string) =>
      inPage(
        page,
        `const body = ${JSON.stringify({ email: name, password: strongPassword })};
         await session.start(await orThrow(client.POST('/auth/login', { body })))`,
      );
    await logIn(tabs[0], email);
    expect(await me(tabs[1])).toBe(email);
    await logIn(tabs[0], others);
    await tabs[1].waitForFunction('window.ends === 1');
    expect([await me(tabs[0]), await me(tabs[1])]).toEqual([others, undefined]);
    await inPage(tabs[0], 'await session.end()');
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  it.each([
    ['the JSON forms', ''],
    [
      'a browser without the JSON forms',
      `delete PublicKeyCredential.parseCreationOptionsFromJSON;
       delete PublicKeyCredential.parseRequestOptionsFromJSON;
       delete PublicKeyCredential.prototype.toJSON;`,
    ],
  ])('adds a passkey and logs in by it: %s', async (_name, preparation) => {
    const name = newEmail();
    await new Client(service.url).register(name);
    const page = await open();
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await inPage(page, preparation);
    const password = JSON.stringify(strongPassword);
    const added = await inPage(
      page,
      `const body = { email: ${JSON.stringify(name)}, password: ${password} };
       await session.start(await orThrow(client.POST('/auth/login', { body })));
       const { name } = await registerPasskey(client, { name: 'Laptop', password: ${password} });
       const again = await registerPasskey(client, { name: 'Laptop', password: ${password} }).catch((error) => error.code);
       await session.end();
       return [name, again];`,
    );
    expect(added).toEqual(['Laptop', 'already_registered']);
    await inPage(page, 'await session.start(await loginWithPasskey(client))');
    expect(await me(page)).toBe(name);

    const code = `await loginWithPasskey(client).catch((error) => [error instanceof PasskeyError, error.code])`;
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    expect(await inPage(page, `return ${code}`)).toEqual([true, 'cancelled']);
    await inPage(page, 'await session.end(); delete window.PublicKeyCredential');
    expect(await inPage(page, `return ${code}`)).toEqual([true, 'unsupported']);
    await page.close();
  });
});
