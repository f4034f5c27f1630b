import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client, newEmail } from './support/client.ts';
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
      'to set a password',
      resetLink,
      async (visitor) => {
        await visitor.fill('New password', otherPassword);
        await visitor.press('Set password');
      },
    ],
    ['to sign in', magicLink, (visitor) => visitor.press('Sign in')],
  ];

  it.each(links)('%s says that it has expired, and changes nothing', async (_name, linkTo, use) => {
    const { email } = await client.newAccount();
    const link = await linkTo(email);
    const [visitor, late] = [await newVisitor(), await newVisitor()];
    await late.open(link);
    await service.database.query("UPDATE one_time_token SET expires_at = now() - interval '1 s'");
    await visitor.open(link);
    expect(await visitor.alert()).toMatch(uselessLink);
    await use(late);
    expect(await late.alert()).toMatch(uselessLink);
    expect((await client.login(email)).body).toMatchObject({ access_token: expect.any(String) });
  });

  it.each(links)('%s says that it has been used', async (_name, linkTo, use) => {
    const link = await linkTo((await client.newAccount()).email);
    const [visitor, slow] = [await newVisitor(), await newVisitor()];
    await slow.open(link);
    await visitor.open(link);
    await use(visitor);
    expect(await visitor.page.getByRole('alert').count()).toBe(0);
    await visitor.open(link);
    expect(await visitor.alert()).toMatch(uselessLink);
    await use(slow);
    expect(await slow.alert()).toMatch(uselessLink);
  });

  const others: typeof links = [
    [
      'to confirm a new e-mail address',
      async (email) => {
        const { accessToken: token } = await client.newSession(email);
        const next = newEmail();
        const body = { email: next, password: strongPassword };
        expect((await client.call('PUT', '/auth/me/email', { token, body })).status).toBe(202);
        return (await newVisitor()).mailedLink(next, /^Confirm your new/);
      },
      async (visitor) => {
        await visitor.fill('Password', strongPassword);
        await visitor.press('Confirm');
      },
    ],
  ];

  it.each([...links, ...others])('%s is not used up by programs that open it first', async (_name, linkTo, use) => {
    const link = await linkTo((await client.newAccount()).email);
    for (const method of ['HEAD', 'GET']) {
      expect((await fetch(link, { method, redirect: 'manual' })).status).toBe(303);
    }
    // one that is a browser, with cookies and scripts
    await (await newVisitor()).open(link);
    const visitor = await newVisitor();
    await visitor.open(link);
    await use(visitor);
    expect(await visitor.page.getByRole('alert').count()).toBe(0);
    await visitor.open(link);
    expect(await visitor.alert()).toMatch(uselessLink);
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
    await visitor.fill('New password', otherPassword);
    await visitor.press('Set password');
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
  const visitor = await newVisitor();
  const { page } = visitor;
  await visitor.open('/account');
  /** Presses Tab until something has the focus, which must be visible. */
  const tabTo = async (role: 'button' | 'link' | 'textbox', name: string) => {
    const wanted = page.getByRole(role, { name, exact: true }).first();
    const hasFocus = () => wanted.evaluate((element) => element === element.ownerDocument.activeElement);
    for (let presses = 0; presses < 40 && !(await hasFocus()); presses += 1) {
      await page.keyboard.press('Tab');
    }
    expect([name, await hasFocus()]).toEqual([name, true]);
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect([name, outline]).not.toEqual([name, 'none']);
  };
  await tabTo('textbox', 'E-mail address');
  await page.keyboard.type(email);
  await tabTo('textbox', 'Password');
  await page.keyboard.type('wrong-horse-battery');
  await page.keyboard.press('Enter');
  expect(await visitor.alert()).toMatch(/not correct/);
  await tabTo('textbox', 'Password');
  await page.keyboard.type(strongPassword);
  await tabTo('button', 'Sign in');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account');
  await tabTo('link', 'Change password');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account/password');
  await tabTo('link', 'Cancel');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account');
  await tabTo('button', 'Sign out');
  await page.keyboard.press('Space');
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
});
