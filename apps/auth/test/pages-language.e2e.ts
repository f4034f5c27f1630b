import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { launchChromium } from './support/chromium.ts';
import { newEmail } from './support/client.ts';
import { Mailbox } from './support/mailbox.ts';
import { startTestService, strongPassword, type TestService } from './support/service.ts';
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

it('a reader chooses the language: the page stays, and later pages and mails follow', async () => {
  const visitor = await Visitor.arrive(chromium, service, mailbox, { javaScriptEnabled: false });
  const email = newEmail();
  await visitor.open('/register?continue=/account/email');
  await visitor.follow('Français');
  expect(visitor.path).toBe('/register?continue=%2Faccount%2Femail&locale=fr');
  expect(await visitor.heading()).toBe('Créer un compte');
  expect(await visitor.page.getByRole('link', { name: 'Français' }).getAttribute('aria-current')).toBe('true');
  await visitor.fill('Adresse e-mail', email);
  await visitor.fill('Mot de passe', strongPassword);
  await visitor.press('Créer le compte');
  await visitor.page.waitForURL('**/account/email');
  expect((await mailbox.expect(email, /./)).subject).toBe('Confirmez votre adresse e-mail');
  // the account's language is known now
  expect(await visitor.page.getByRole('link', { name: 'Français' }).count()).toBe(0);
});

it('only languages of the service are kept', async () => {
  const { headers } = await fetch(`${service.url}/sign-in?locale=xx`);
  expect(headers.getSetCookie()).toEqual([]);
});
