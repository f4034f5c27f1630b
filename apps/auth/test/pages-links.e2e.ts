import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { Client } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, type TestService } from './support/service.ts';
import { Visitor } from './support/visitor.ts';

let service: TestService;
let mailbox: Mailbox;
let chromium: Browser;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  service = await startTestService({ SMTP_URL: mailbox.url });
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

it('links in two tabs stay apart: reloading a tab and pressing its button do what that tab says', async () => {
  const visitor = await Visitor.arrive(chromium, service, mailbox, { javaScriptEnabled: false });
  const client = new Client(service.url);
  const [first, second] = [await client.newAccount(), await client.newAccount()];
  const other = await visitor.page.context().newPage();
  await visitor.open(await visitor.mailedLink(first.email, /Confirm your/));
  await other.goto(await visitor.mailedLink(second.email, /Confirm your/));
  await visitor.page.reload();
  expect(await visitor.count(first.email)).toBe(1);
  await visitor.press('Confirm');
  expect(await visitor.heading()).toBe('Your e-mail address is confirmed');
  await other.reload();
  expect(await other.getByText(second.email).count()).toBe(1);
  const { rows } = await service.database.query(
    'SELECT email FROM account WHERE email_verified_at IS NOT NULL AND email = ANY ($1)',
    [[first.email, second.email]],
  );
  expect(rows).toEqual([{ email: first.email }]);
});
