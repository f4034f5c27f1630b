import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client, newAdmin, newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

const otherPassword = 'amber-heron-reads-97-maps';
const uselessLink = /expired or was already used/;

let service: TestService;
let client: Client;
let mailbox: Mailbox;
let chromium: Browser;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  client = new Client(service.url);
  chromium = await launchChromium({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(() => chromium.close());

const newVisitor = () => Visitor.arrive(chromium, service, mailbox);

/** A browser in which somebody has signed in. */
async function signedIn(email?: string): Promise<Visitor> {
  const visitor = await newVisitor();
  await visitor.open('/sign-in');
  await visitor.signIn(email ?? (await client.newAccount()).email);
  expect(visitor.path).toBe('/account');
  return visitor;
}

/** Presses the first button of that name: others end the sessions in the list. */
const signOutOn = (page: Page) => page.getByRole('button', { name: 'Sign out', exact: true }).first().click();

/** Asks for a link as a person does who is not signed in. */
async function ask(path: string, email: string, subject: RegExp): Promise<string> {
  const visitor = await newVisitor();
  await visitor.open(path);
  await visitor.fill('E-mail address', email);
  await visitor.press('Send link');
  expect(await visitor.heading()).toBe('Check your e-mail');
  return visitor.mailedLink(email, subject);
}

const resetLink = (email: string) => ask('/forgot-password', email, /^Set a new password/);
const magicLink = (email: string) => ask('/sign-in/link', email, /link to/);

async function setPassword(visitor: Visitor): Promise<void> {
  await visitor.fill('New password', otherPassword);
  await visitor.press('Set password');
}

it('signing out everywhere else is seen in the other browsers', async () => {
  const { email } = await client.newAccount();
  const [laptop, phone, tablet] = [await signedIn(email), await signedIn(email), await signedIn(email)];
  await laptop.page.reload();
  await laptop.press('Sign out everywhere else');
  expect(await laptop.page.getByRole('status').textContent()).toBe('All other sessions have ended.');
  for (const other of [phone, tablet]) {
    await other.page.reload();
    expect(other.path).toBe('/sign-in');
  }
  await laptop.open('/account');
  expect(laptop.path).toBe('/account');
});

describe('a mailed link', () => {
  const links: [string, (email: string) => Promise<string>, (visitor: Visitor) => Promise<void>][] = [
    [
      'to confirm an e-mail address',
      async (email) => (await newVisitor()).mailedLink(email, /^Confirm your/),
      async (visitor) => {
        await visitor.fill('Your password, if you created the account', strongPassword);
        await visitor.press('Confirm');
      },
    ],
    [
      'to confirm a new e-mail address',
      async (email) => {
        const visitor = await signedIn(email);
        const next = newEmail();
        await visitor.follow('Change');
        await visitor.fill('New e-mail address', next);
        await visitor.fill('Password', strongPassword);
        await visitor.press('Send link to the new address');
        return visitor.mailedLink(next, /^Confirm your new/);
      },
      async (visitor) => {
        await visitor.fill('Password', strongPassword);
        await visitor.press('Confirm');
      },
    ],
    ['to set a password', resetLink, setPassword],
    ['to sign in', magicLink, (visitor) => visitor.press('Sign in')],
    [
      'to accept an invitation',
      async () => {
        const { accessToken: token } = await newAdmin(service, client);
        const body = { email: newEmail() };
        expect((await client.call('POST', '/auth/admin/invitations', { token, body })).status).toBe(201);
        return (await newVisitor()).mailedLink(body.email, /invited/);
      },
      setPassword,
    ],
  ];

  /** What links change. */
  const accounts = async () =>
    (await service.database.query('SELECT email, email_verified_at, password_hash FROM account ORDER BY id')).rows;

  it.each(links)('%s says that it has expired, and changes nothing', async (_name, linkTo, use) => {
    const link = await linkTo((await client.newAccount()).email);
    const [visitor, late] = [await newVisitor(), await newVisitor()];
    await late.open(link);
    await service.database.query("UPDATE one_time_token SET expires_at = now() - interval '1 s'");
    const before = await accounts();
    await visitor.open(link);
    expect(await visitor.alert()).toMatch(uselessLink);
    await use(late);
    expect(await late.alert()).toMatch(uselessLink);
    expect([await accounts(), await late.session()]).toEqual([before, undefined]);
  });

  it.each(links)('%s is used by its button, and by nothing else, once', async (_name, linkTo, use) => {
    const link = await linkTo((await client.newAccount()).email);
    const before = await accounts();
    // programs that open it first; the second browser also runs scripts
    for (const method of ['HEAD', 'GET']) {
      expect((await fetch(link, { method, redirect: 'manual' })).status).toBe(303);
    }
    const [visitor, slow] = [await newVisitor(), await newVisitor()];
    await slow.open(link);
    await visitor.open(link);
    // the token is in no history
    expect(visitor.path).toMatch(new RegExp(`^${new URL(link).pathname}\\?link=[0-9a-f]{16}$`));
    expect(await accounts()).toEqual(before);
    await use(visitor);
    expect(await visitor.page.getByRole('alert').count()).toBe(0);
    const after = await accounts();
    expect(after).not.toEqual(before);
    await visitor.open(link);
    expect(await visitor.alert()).toMatch(uselessLink);
    await use(slow);
    expect(await slow.alert()).toMatch(uselessLink);
    expect(await accounts()).toEqual(after);
  });

  it('of another account says whose it is, and signs in to that one instead', async () => {
    const visitor = await signedIn();
    const { email } = await client.newAccount();
    await visitor.open(await magicLink(email));
    expect(await visitor.count('which is another account')).toBe(1);
    await visitor.press('Sign in');
    expect([visitor.path, await visitor.count(`Signed in as ${email}`)]).toEqual(['/account', 1]);
  });

  it('to set the password of another account leaves the one that is signed in alone', async () => {
    const own = await client.newAccount();
    const visitor = await signedIn(own.email);
    const { email } = await client.newAccount();
    await visitor.open(await resetLink(email));
    expect(await visitor.count(email)).toBeGreaterThan(0);
    await setPassword(visitor);
    expect(await visitor.heading()).toBe('Your password is set');
    expect([(await client.login(own.email)).status, (await client.login(email, otherPassword)).status]).toEqual([
      200, 200,
    ]);
    await visitor.open('/account');
    expect(await visitor.count(`Signed in as ${own.email}`)).toBe(1);
  });
});

describe('the back button', () => {
  it('shows no password after signing in', async () => {
    const visitor = await signedIn();
    await visitor.page.goBack();
    expect([visitor.path, await visitor.page.getByLabel('Password', { exact: true }).inputValue()]).toEqual([
      '/sign-in',
      '',
    ]);
    await visitor.page.goForward();
    expect(visitor.path).toBe('/account');
  });

  it('shows nothing private after signing out', async () => {
    const { email } = await client.newAccount();
    const visitor = await signedIn(email);
    await visitor.follow('Change password');
    await visitor.open('/account');
    await signOutOn(visitor.page);
    expect(await visitor.heading()).toBe('You are signed out');
    for (const path of ['/sign-in', '/sign-in?continue=%2Faccount%2Fpassword']) {
      await visitor.page.goBack();
      expect([visitor.path, await visitor.count(email)]).toEqual([path, 0]);
    }
  });
});

describe('two tabs', () => {
  /** Another tab of the same browser. */
  const tabOf = async ({ page }: Visitor) => page.context().newPage();

  it('of one browser share the session, also if both sign in', async () => {
    const { email } = await client.newAccount();
    const visitor = await newVisitor();
    const tab = await tabOf(visitor);
    for (const page of [tab, visitor.page]) {
      await page.goto('/sign-in');
    }
    await visitor.signIn(email);
    await tab.getByLabel('E-mail address', { exact: true }).fill(email);
    await tab.getByLabel('Password', { exact: true }).fill(strongPassword);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    for (const page of [tab, visitor.page]) {
      await page.goto('/account');
      expect(new URL(page.url()).pathname).toBe('/account');
    }
    const { rows } = await service.database.query(
      'SELECT count(*) FROM session s JOIN account a ON a.id = s.account_id WHERE a.email = $1 AND browser_hash IS NOT NULL',
      [email],
    );
    expect(rows).toEqual([{ count: '1' }]);
  });

  it('a form of a session that has ended meanwhile changes nothing, and leads to the page to sign in', async () => {
    const { email } = await client.newAccount();
    const visitor = await signedIn(email);
    const tab = await tabOf(visitor);
    await tab.goto('/account');
    await visitor.open('/account/password');
    await signOutOn(tab);
    await visitor.fill('Current password', strongPassword);
    await visitor.fill('New password', otherPassword);
    await visitor.press('Change password');
    expect(visitor.path).toBe('/sign-in');
    await visitor.signIn(email);
    expect(visitor.path).toBe('/account');
  });

  it('a form of one account is not for another that has signed in meanwhile', async () => {
    const [first, second] = [await client.newAccount(), await client.newAccount()];
    const visitor = await signedIn(first.email);
    const tab = await tabOf(visitor);
    await visitor.open('/account/delete');
    await tab.goto('/sign-in');
    await tab.getByLabel('E-mail address', { exact: true }).fill(second.email);
    await tab.getByLabel('Password', { exact: true }).fill(strongPassword);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    await tab.waitForURL('**/account');
    // the page still shows the first account, and both have the same password
    await visitor.fill('Password', strongPassword);
    await visitor.press('Delete for good');
    expect(await visitor.count('belongs to another account')).toBe(1);
    expect([(await client.login(first.email)).status, (await client.login(second.email)).status]).toEqual([200, 200]);
  });
});

it('a person signs in and out by keyboard alone, and sees where they are', async () => {
  const { email } = await client.newAccount();
  const visitor = await Visitor.arrive(chromium, service, mailbox, { keyboardOnly: true });
  await visitor.open('/account');
  await visitor.signIn(email, 'wrong-horse-battery');
  expect(await visitor.alert()).toMatch(/not correct/);
  await visitor.fill('Password', strongPassword);
  await visitor.page.keyboard.press('Enter');
  await visitor.page.waitForURL('**/account');
  await visitor.follow('Change password');
  await visitor.follow('Cancel');
  await visitor.press('Sign out');
  expect(await visitor.heading()).toBe('You are signed out');
});
