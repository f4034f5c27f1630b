import { expect } from 'vitest';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../../../tools/lib/free-port.ts';
import { blockedBy, violations, watchPolicy } from './accessibility.ts';
import { enrol, type AuthenticatorApp } from './authenticator-app.ts';
import { Client, newAdmin, type Login } from './client.ts';
import type { Mailbox } from './mailbox.ts';
import { startTestService, type TestService } from './service.ts';
import { Visitor } from './visitor.ts';

/** WCAG 2.2 §1.4.10 Reflow. */
export const phone = { width: 360, height: 740 };

/** A service whose issuer is the URL of its pages, as the console demands. */
export async function startConsoleService(mailbox: Mailbox, overrides: NodeJS.ProcessEnv = {}): Promise<TestService> {
  const port = String(await freePort());
  const issuer = `http://localhost:${port}`;
  const settings = {
    PORT: port,
    TOKEN_ISSUER: issuer,
    WEBAUTHN_ORIGINS: issuer,
    SMTP_URL: mailbox.url,
    // longer than a test takes on a slow machine
    STEP_UP_MAX_AGE_SECONDS: '7200',
  };
  return { ...(await startTestService({ ...settings, ...overrides })), url: issuer };
}

/** An admin with an authenticator app, and an access token for the API. */
export interface ConsoleAdmin extends Login {
  id: string;
  app: AuthenticatorApp;
}

export async function newConsoleAdmin(service: TestService): Promise<ConsoleAdmin> {
  const admin = await newAdmin(service);
  await service.database.query('UPDATE account SET email_verified_at = now() WHERE id = $1', [admin.id]);
  return { ...admin, ...(await enrol(new Client(service.url), admin.accessToken)) };
}

/** Signs an admin in to a path of the console, in a browser of their own that reports what the page's policy blocks. */
export async function openConsole(
  chromium: Browser,
  service: TestService,
  mailbox: Mailbox,
  admin: ConsoleAdmin,
  path = '/console/',
  options?: Parameters<typeof Visitor.arrive>[3],
): Promise<Visitor> {
  const visitor = await Visitor.arrive(chromium, service, mailbox, options);
  await watchPolicy(visitor.page);
  await visitor.open(path);
  await visitor.signIn(admin.email);
  await visitor.fill('Code', admin.app.code());
  await visitor.press('Continue');
  await visitor.page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
  return visitor;
}

/** Takes a picture of a view of the console for `make screenshots`. */
async function picture(page: Page, look: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined) {
    const name = (await page.title()).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    await page.screenshot({ path: join(folder, `console-${name}-${look}.png`) });
  }
}

/** What every view of the console must hold: no rule of WCAG broken, nothing blocked by its policy, no scrolling to the side on a phone. */
export async function expectSound({ page }: Visitor): Promise<void> {
  const desktop = page.viewportSize() ?? { width: 1280, height: 720 };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await violations(page, colorScheme === 'dark' ? 'colors' : 'all')).toEqual([]);
    await picture(page, colorScheme);
  }
  await page.setViewportSize(phone);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(await blockedBy(page)).toEqual([]);
  await picture(page, 'phone');
  await page.setViewportSize(desktop);
  await page.emulateMedia({ colorScheme: 'light' });
}
