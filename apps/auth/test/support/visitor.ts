import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { patienceMs } from './chromium.ts';
import { newEmail } from './client.ts';
import type { Mailbox } from './mailbox.ts';
import { strongPassword, type TestService } from './service.ts';

/** More than the largest page has stops for the Tab key. */
const maxTabs = 60;

interface VisitorOptions extends BrowserContextOptions {
  /** Whether they have no mouse (WCAG 2.2 §2.1.1). */
  keyboardOnly?: boolean;
}

/** A person in front of a browser of their own, who reads English. */
export class Visitor {
  readonly page: Page;
  private readonly service: TestService;
  private readonly mailbox: Mailbox;
  private readonly keyboardOnly: boolean;

  private constructor(page: Page, service: TestService, mailbox: Mailbox, keyboardOnly: boolean) {
    this.page = page;
    this.service = service;
    this.mailbox = mailbox;
    this.keyboardOnly = keyboardOnly;
  }

  /** A new browser without cookies. */
  static async arrive(
    chromium: Browser,
    service: TestService,
    mailbox: Mailbox,
    { keyboardOnly = false, ...options }: VisitorOptions = {},
  ): Promise<Visitor> {
    const context = await chromium.newContext({ baseURL: service.url, locale: 'en-GB', ...options });
    context.setDefaultTimeout(patienceMs);
    return new Visitor(await context.newPage(), service, mailbox, keyboardOnly);
  }

  /** Path and query of the page. */
  get path(): string {
    return this.page.url().replace(this.service.url, '');
  }

  async open(path: string): Promise<void> {
    await this.page.goto(path);
  }

  press(name: string): Promise<void> {
    return this.use(this.page.getByRole('button', { name, exact: true }), 'Space');
  }

  follow(name: string): Promise<void> {
    return this.use(this.page.getByRole('link', { name, exact: true }), 'Enter');
  }

  async fill(label: string, value: string): Promise<void> {
    const field = this.page.getByLabel(label, { exact: true });
    if (!this.keyboardOnly) {
      return field.fill(value);
    }
    await this.tabTo(field);
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.type(value);
  }

  private async use(control: Locator, key: 'Enter' | 'Space'): Promise<void> {
    if (this.keyboardOnly) {
      await this.tabTo(control);
      // the key goes to what has the focus
      await this.page.locator(':focus').press(key);
    } else {
      await control.click();
    }
    // both end when the page that they lead to begins
    await this.page.waitForLoadState('domcontentloaded');
  }

  /** @throws Error if the Tab key doesn't lead to it, or nothing shows that it has the focus */
  private async tabTo(wanted: Locator): Promise<void> {
    const focus = () =>
      wanted.evaluate((element) =>
        element === element.ownerDocument.activeElement
          ? String(element.computedStyleMap().get('outline-style'))
          : undefined,
      );
    let outline = await focus();
    for (let presses = 0; presses < maxTabs && outline === undefined; presses += 1) {
      await this.page.keyboard.press('Tab');
      outline = await focus();
    }
    if (outline === undefined || outline === 'none') {
      throw new Error(
        `by keyboard ${String(wanted)} is ${outline === undefined ? 'out of reach' : 'not seen to have the focus'}`,
      );
    }
  }

  heading(): Promise<string | null> {
    return this.page.getByRole('heading', { level: 1 }).textContent();
  }

  alert(): Promise<string | null> {
    return this.page.getByRole('alert').textContent();
  }

  /** The value of the session's cookie. */
  async session(): Promise<string | undefined> {
    return (await this.page.context().cookies()).find(({ name }) => name === 'session')?.value;
  }

  /** How often a text is on the page. */
  count(text: string): Promise<number> {
    return this.page.getByText(text).count();
  }

  /** Creates an account and stays signed in. */
  async register(email = newEmail()): Promise<string> {
    await this.open('/register');
    await this.fill('E-mail address', email);
    await this.fill('Password', strongPassword);
    await this.press('Create account');
    await this.page.waitForURL('**/account');
    return email;
  }

  /** Fills in the login on the current page. */
  async signIn(email: string, password = strongPassword): Promise<void> {
    await this.fill('E-mail address', email);
    await this.fill('Password', password);
    await this.press('Sign in');
  }

  /** The link in a mail, on the service under test. */
  async mailedLink(email: string, subject: RegExp): Promise<string> {
    const { text = '' } = await this.mailbox.expect(email, subject);
    const [link = ''] = /http:\/\/localhost:3000\/\S+/.exec(text) ?? [];
    return link.replace('http://localhost:3000', this.service.url);
  }
}
