import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { newEmail } from './support/client.ts';
import { freePort } from '../../../tools/lib/free-port.ts';
import { Mailbox } from './support/mailbox.ts';
import { OpenIdProvider } from './support/openid-provider.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

let service: TestService;
let mailbox: Mailbox;
let chromium: Browser;
let alpha: OpenIdProvider;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  const port = String(await freePort());
  const issuer = `http://localhost:${port}`;
  alpha = await OpenIdProvider.start('alpha', [`${issuer}/sign-in/provider/alpha/callback`]);
  const elsewhere = { ...alpha.settings, id: 'beta', redirect_uris: ['https://app.example.com/signed-in'] };
  const started = await startTestService({
    PORT: port,
    TOKEN_ISSUER: issuer,
    OIDC_PROVIDERS: JSON.stringify([alpha.settings, elsewhere]),
  });
  service = { ...started, url: issuer };
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

const newVisitor = () => Visitor.arrive(chromium, service, mailbox, { javaScriptEnabled: false });

it('a person signs in by a provider and comes back to where they wanted to go', async () => {
  const visitor = await newVisitor();
  const email = newEmail();
  alpha.visitor = alpha.person({ email, email_verified: true });
  await visitor.open('/account/email');
  await visitor.follow('Continue with ALPHA');
  expect(visitor.path).toBe('/account/email');
  await visitor.open('/account');
  expect(await visitor.count(`Signed in as ${email}`)).toBe(1);
});

it('another site can’t start a login by a provider', async () => {
  const started = async (method: string, site: string) => {
    const headers = { 'sec-fetch-site': site };
    const answer = await fetch(`${service.url}/sign-in/provider/alpha`, { method, headers, redirect: 'manual' });
    return answer.headers.getSetCookie().some((cookie) => cookie.startsWith('social_flow='));
  };
  const foreign = [started('GET', 'cross-site'), started('GET', 'same-site'), started('HEAD', 'same-origin')];
  expect(await Promise.all([...foreign, started('GET', 'same-origin')])).toEqual([false, false, false, true]);
});

it('a refusal leads back to the page to sign in, which says why', async () => {
  const visitor = await newVisitor();
  alpha.visitor = alpha.person({ email: newEmail(), email_verified: false });
  await visitor.open('/sign-in');
  await visitor.follow('Continue with ALPHA');
  expect(await visitor.alert()).toMatch(/has not confirmed your e-mail address/);
  await visitor.open('/sign-in/provider/alpha/callback?error=access_denied&state=made-up');
  expect(await visitor.alert()).toMatch(/not valid or has expired/);
});

it('a browser that does not say where a form comes from signs in by plain HTTP', async () => {
  const port = String(await freePort());
  const url = `http://auth.test:${port}`;
  const plain = await startTestService({ PORT: port, TOKEN_ISSUER: url });
  const visitor = await Visitor.arrive(chromium, { ...plain, url }, mailbox, { javaScriptEnabled: false });
  await visitor.register();
  expect(visitor.path).toBe('/account');
});

it('an account is linked to a provider with its password, and unlinked while another way to sign in is left', async () => {
  const visitor = await newVisitor();
  await visitor.register();
  alpha.visitor = alpha.person({ email: newEmail(), email_verified: false });
  const first = await visitor.session();
  await visitor.follow('Link: ALPHA');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Continue');
  await visitor.page.waitForURL('**/account?done=provider-linked');
  expect(await visitor.session()).not.toBe(first);
  await visitor.press('Sign out');
  await visitor.open('/sign-in');
  await visitor.follow('Continue with ALPHA');
  expect(visitor.path).toBe('/account');
  const linked = await visitor.session();
  await visitor.follow('Remove: ALPHA');
  await visitor.press('Remove');
  expect(visitor.path).toBe('/account?done=provider-unlinked');
  expect(await visitor.session()).not.toBe(linked);
  expect(await visitor.count('Not linked')).toBe(1);
});

it('the only way to sign in is not removed', async () => {
  const visitor = await newVisitor();
  alpha.visitor = alpha.person({ email: newEmail(), email_verified: true });
  await visitor.open('/sign-in');
  await visitor.follow('Continue with ALPHA');
  await visitor.follow('Remove: ALPHA');
  await visitor.press('Remove');
  expect(await visitor.alert()).toMatch(/only way to sign in/);
});

it('an identity of another account is not linked, and the page says so', async () => {
  const [owner, visitor] = [await newVisitor(), await newVisitor()];
  alpha.visitor = alpha.person({ email: newEmail(), email_verified: true });
  await owner.open('/sign-in');
  await owner.follow('Continue with ALPHA');
  await visitor.register();
  await visitor.follow('Link: ALPHA');
  await visitor.fill('Password', strongPassword);
  await visitor.press('Continue');
  await visitor.page.waitForURL('**/callback?**');
  expect(await visitor.alert()).toMatch(/already belongs to another account/);
});

it('a provider that does not know these pages is not offered', async () => {
  const visitor = await newVisitor();
  await visitor.open('/sign-in');
  expect(await visitor.page.getByRole('link', { name: /Continue with/ }).allTextContents()).toEqual([
    'Continue with ALPHA',
  ]);
});
