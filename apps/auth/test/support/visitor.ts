import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { newEmail } from './client.ts';
import type { Mailbox } from './mailbox.ts';
import { strongPassword, type TestService } from './service.ts';

/** A person in front of a browser of their own, who reads English. */
export class Visitor {
  readonly page: Page;
  private readonly service: TestService;
  private readonly mailbox: Mailbox;

  private constructor(page: Page, service: TestService, mailbox: Mailbox) {
    this.page = page;
    this.service = service;
    this.mailbox = mailbox;
  }

  /** A new browser without cookies. */
  static async arrive(
    chromium: Browser,
    service: TestService,
    mailbox: Mailbox,
    options: BrowserContextOptions = {},
  ): Promise<Visitor> {
    const context = await chromium.newContext({ baseURL: service.url, locale: 'en-GB', ...options });
    return new Visitor(await context.newPage(), service, mailbox);
  }

  /** Path and query of the page. */
  get path(): string {
    return this.page.url().replace(this.service.url, '');
  }

  async open(path: string): Promise<void> {
    await this.page.goto(path);
  }

  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  follow(name: string): Promise<void> {
    return this.page.getByRole('link', { name, exact: true }).click();
  }

  fill(label: string, value: string): Promise<void> {
    return this.page.getByLabel(label, { exact: true }).fill(value);
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
