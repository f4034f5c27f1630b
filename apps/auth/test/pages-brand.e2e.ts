import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import type { Browser } from 'playwright-core';
import { loadAuthConfig } from '../src/config.ts';
import { launchChromium } from './support/chromium.ts';
import { Client, newAdmin } from './support/client.ts';
import { command } from './support/command.ts';
import { Mailbox } from './support/mailbox.ts';
import { addApplication, discover, redirectUri, startIssuer } from './support/relying-party.ts';
import { testEnvironment, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><rect width="200" height="50" fill="#0b5"/></svg>';
const dataUrl = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;

let folder: string;
let service: TestService;
let chromium: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brand-'));
  await writeFile(join(folder, 'logo.svg'), svg);
  service = await startIssuer({
    BRAND_LOGO_FILE: join(folder, 'logo.svg'),
    BRAND_COLOR: '#0b6b3a',
    BRAND_NAME: 'Example',
  });
  chromium = await launchChromium();
});
afterAll(async () => {
  await chromium.close();
  await rm(folder, { recursive: true });
});

const newVisitor = async (colorScheme: 'dark' | 'light') =>
  Visitor.arrive(chromium, service, await Mailbox.open(), { javaScriptEnabled: false, colorScheme });

const colorOf = (visitor: Visitor, role: 'button' | 'link', name: string, property: string) =>
  visitor.page.getByRole(role, { name, exact: true }).evaluate(
    // runs in the browser
    (element, wanted) =>
      (globalThis as unknown as { getComputedStyle(e: unknown): Record<string, string> }).getComputedStyle(element)[
        wanted
      ],
    property,
  );

it('pages have the operator’s logo and colour, and a lighter one on a dark ground', async () => {
  const [light, dark] = [await newVisitor('light'), await newVisitor('dark')];
  for (const visitor of [light, dark]) {
    await visitor.open('/sign-in');
    const logo = visitor.page.getByRole('img', { name: 'Example' });
    expect((await logo.boundingBox())?.height).toBe(40);
    expect(await colorOf(visitor, 'button', 'Sign in', 'backgroundColor')).toBe('rgb(11, 107, 58)');
  }
  expect(await colorOf(light, 'link', 'Forgot password?', 'color')).toBe('rgb(11, 107, 58)');
  expect(await colorOf(dark, 'link', 'Forgot password?', 'color')).not.toBe('rgb(11, 107, 58)');
});

it('a logo that is opened as a page runs nothing', async () => {
  const html = await (await fetch(`${service.url}/sign-in`)).text();
  const response = await fetch(service.url + String(/\/assets\/logo-[\w-]+\.svg/.exec(html)?.[0]));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await response.text()).toBe(svg);
});

it.each(['/assets/color-0b6b3.css', '/assets/color-0b6b3g.css', '/assets/color-0B6B3A.css', '/assets/logo.svg'])(
  '%s does not exist',
  async (path) => {
    expect((await fetch(service.url + path)).status).toBe(404);
  },
);

it.each([
  ['BRAND_COLOR', '#7fb2ff', /must be darker: its contrast on #f4f5f7 is 1\.\d\d, and must be 4\.5 at least/],
  ['BRAND_COLOR', 'red', /must be a colour such as #1d4ed8/],
  ['BRAND_LOGO_FILE', '/nowhere/logo.svg', /no such file/],
  ['BRAND_LOGO_FILE', '/etc/hostname', /must be a \.png or \.svg file/],
])('the service does not start with %s=%s', (name, value, message) => {
  expect(() => loadAuthConfig(testEnvironment({ DATABASE_URL: 'postgres://localhost/x', [name]: value }))).toThrow(
    message,
  );
});

it('the service does not start with a logo that is too large', async () => {
  const path = join(folder, 'large.svg');
  await writeFile(path, ' '.repeat(20 * 1024 + 1));
  const environment = testEnvironment({ DATABASE_URL: 'postgres://localhost/x', BRAND_LOGO_FILE: path });
  expect(() => loadAuthConfig(environment)).toThrow(/20480 bytes at most/);
});

/** The page of this service that an application's request leads a new browser to. */
async function request(clientId: string): Promise<Visitor> {
  const visitor = await newVisitor('light');
  const config = await discover(service, clientId);
  const code_challenge = await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier());
  const parameters = { redirect_uri: redirectUri, scope: 'openid', code_challenge, code_challenge_method: 'S256' };
  await visitor.open(openid.buildAuthorizationUrl(config, parameters).href);
  return visitor;
}

it('the pages of an application’s request name it, and have the colour and links of one of the operator’s', async () => {
  const brand = ['#7a1fa2', 'https://notes.example.com/terms', 'https://notes.example.com/privacy'];
  for (const [client_id, first_party] of [
    ['notes', true],
    ['other', false],
  ] as const) {
    const id = await addApplication(service, { client_id, first_party });
    const update = 'UPDATE application SET brand_color = $2, terms_url = $3, privacy_url = $4 WHERE id = $1';
    await service.database.query(update, [id, ...brand]);
    await service.database.query('INSERT INTO application_logo VALUES ($1, $2)', [id, dataUrl]);
  }
  const own = await request('notes');
  expect(await own.count('to continue to notes')).toBe(1);
  expect(await colorOf(own, 'button', 'Sign in', 'backgroundColor')).toBe('rgb(122, 31, 162)');
  expect(await own.page.getByRole('img', { name: 'notes' }).getAttribute('src')).toBe(dataUrl);
  await own.follow('Create an account');
  expect(await own.count('to continue to notes')).toBe(1);
  expect(await own.page.getByRole('link', { name: 'Privacy' }).getAttribute('href')).toBe(brand[2]);
  const other = await request('other');
  expect(await other.count('to continue to other')).toBe(1);
  expect(await other.page.getByRole('img', { name: 'Example' }).count()).toBe(1);
  expect(await colorOf(other, 'button', 'Sign in', 'backgroundColor')).toBe('rgb(11, 107, 58)');
  expect(await other.page.getByRole('link', { name: 'Privacy' }).count()).toBe(0);
});

it('admins give an application its logo, colour and links; what is illegible or too large is refused', async () => {
  const { accessToken: token } = await newAdmin(service);
  const client = new Client(service.url);
  const body = { name: 'Notes', kind: 'web', redirect_uris: [redirectUri], first_party: true };
  const create = (brand: object) =>
    client.call('POST', '/auth/admin/applications', { token, body: { ...body, ...brand } });
  const logo = `data:image/png;base64,${Buffer.alloc(8192).toString('base64')}`;
  const brand = { logo, brand_color: '#7a1fa2', terms_url: 'https://a.example/t', privacy_url: 'https://a.example/p' };
  const created = await create(brand);
  expect([created.status, created.body]).toEqual([201, expect.objectContaining(brand)]);
  const path = `/auth/admin/applications/${String(created.body.id)}`;
  const { kind: _kind, ...change } = body;
  expect((await client.call('PUT', path, { token, body: change })).body.logo).toBeNull();
  for (const wrong of [
    { logo: `data:image/png;base64,${Buffer.alloc(8193).toString('base64')}` },
    { logo: 'data:text/html;base64,PGI+' },
    { logo: 'https://a.example/logo.png' },
    { brand_color: '#ffff00' },
    { terms_url: 'javascript:alert(1)' },
  ]) {
    const { status, body: problem } = await create(wrong);
    expect([status, problem.errors[0].path]).toEqual([400, Object.keys(wrong)[0]]);
  }
});

it('the command line reads the logo of an application from a file', async () => {
  const application = ['--name', 'Tool', '--kind', 'web', '--client-id', 'tool', '--redirect-uri', redirectUri];
  const brand = ['--first-party', '--brand-color', '#7a1fa2', '--logo-file', join(folder, 'logo.svg')];
  const { code } = await command(service.databaseUrl, ['applications', 'create', ...application, ...brand]);
  expect(code).toBe(0);
  const { rows } = await service.database.query(
    "SELECT brand_color, logo FROM application JOIN application_logo ON application_id = id WHERE client_id = 'tool'",
  );
  expect(rows).toEqual([{ brand_color: '#7a1fa2', logo: dataUrl }]);
});
