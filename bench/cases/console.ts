import type { TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { freePort } from '../../tools/lib/free-port.ts';
import { newAdmin } from '../lib/admin.ts';
import { password, populate } from '../lib/population.ts';
import { number, spread, table } from '../lib/report.ts';
import { spreadOf } from '../lib/rounds.ts';
import type { Stage } from '../lib/stage.ts';

interface ConsoleRound {
  /** Milliseconds from the start of the navigation until the page can be used. */
  account: number;
  first: number;
  again: number;
  people: number;
}

export interface ConsoleResult {
  /** Compressed scripts of the first view. */
  scriptKiB: number;
  sizes: { accounts: number; rounds: ConsoleRound[] }[];
}

/** A slow phone: a quarter of this processor, and “slow 4G” as Lighthouse has it. */
const slow = { cpuRate: 4, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 };

/** Measures how long the console takes on a slow machine with a slow network, beside a page that the server renders. */
export async function consolePages(stage: Stage, sizes: number[], rounds: number): Promise<ConsoleResult> {
  const chromium = await launchChromium();
  const result: ConsoleResult = { scriptKiB: 0, sizes: [] };
  try {
    for (const accounts of sizes) {
      const name = `console_${String(accounts)}`;
      const database = await stage.database(name);
      await populate(database, accounts, 1);
      const port = String(await freePort());
      const issuer = `http://localhost:${port}`;
      const service = await stage.startService(name, { NODE_ENV: 'development', PORT: port, TOKEN_ISSUER: issuer });
      const { email, app } = await newAdmin(issuer, database);
      const page = await signIn(chromium, issuer, email, app);
      const measured: ConsoleRound[] = [];
      for (let round = 0; round < rounds; round += 1) {
        measured.push({
          account: await timed(page, `${issuer}/account`, 'main', false),
          first: await timed(page, `${issuer}/console/`, 'nav', false),
          again: await timed(page, `${issuer}/console/`, 'nav', true),
          people: await timed(page, `${issuer}/console/people`, 'table', true),
        });
      }
      result.sizes.push({ accounts, rounds: measured });
      result.scriptKiB = await scriptKiB(page, `${issuer}/console/`);
      await page.context().close();
      await service.stop();
    }
    return result;
  } finally {
    await chromium.close();
  }
}

async function signIn(chromium: Browser, issuer: string, email: string, app: TOTP): Promise<Page> {
  const page = await (await chromium.newContext({ locale: 'en-GB' })).newPage();
  await page.goto(`${issuer}/console/`);
  await page.getByLabel('E-mail address', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // the code of now has been used
  await page.getByLabel('Code', { exact: true }).fill(app.generate({ timestamp: Date.now() + 30_000 }));
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.locator('nav').waitFor();
  return page;
}

/**
 * Milliseconds from the start of the navigation until an element of a page is there, and the page has handled a key. The page's own clock
 * says it: what Playwright runs in a page to wait for something takes long at a quarter of the processor.
 */
async function timed(page: Page, url: string, selector: string, isCached: boolean): Promise<number> {
  const devTools = await page.context().newCDPSession(page);
  await page.goto('about:blank');
  await devTools.send('Network.enable');
  await devTools.send('Network.setCacheDisabled', { cacheDisabled: !isCached });
  const { cpuRate, ...network } = slow;
  await devTools.send('Network.emulateNetworkConditions', { offline: false, ...network });
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: cpuRate });
  await devTools.send('Runtime.enable');
  await devTools.send('Page.enable');
  await devTools.send('Runtime.addBinding', { name: 'reported' });
  const { identifier } = await devTools.send('Page.addScriptToEvaluateOnNewDocument', { source: reporting(selector) });
  const usable = new Promise<number>((resolve) => {
    devTools.on('Runtime.bindingCalled', ({ payload }) => {
      if (payload === 'there') {
        void devTools.send('Input.dispatchKeyEvent', {
          type: 'rawKeyDown',
          key: 'Tab',
          code: 'Tab',
          windowsVirtualKeyCode: 9,
        });
      } else {
        resolve(Number(payload));
      }
    });
  });
  await page.goto(url, { waitUntil: 'commit' });
  const milliseconds = await usable;
  await devTools.send('Page.removeScriptToEvaluateOnNewDocument', { identifier });
  await devTools.detach();
  return milliseconds;
}

/** A script that reports when an element is there, and the moment at which a key has moved the focus. */
function reporting(selector: string): string {
  return `if (location.protocol !== 'about:') {
    new MutationObserver((_, observer) => {
      if (document.querySelector('${selector}')) {
        observer.disconnect();
        reported('there');
      }
    }).observe(document, { childList: true, subtree: true });
    addEventListener('focusin', () => reported(String(performance.now())), { once: true });
  }`;
}

/** What the scripts of a page weigh on the network, with an empty cache. */
async function scriptKiB(page: Page, url: string): Promise<number> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Network.enable');
  await devTools.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.locator('nav').waitFor();
  const bytes: number = await page.evaluate(`performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
  await devTools.detach();
  return bytes / 1024;
}

export function consoleTable({ scriptKiB: kib, sizes }: ConsoleResult): string {
  const rows = sizes.map(({ accounts, rounds }) => [
    String(accounts),
    ...(['account', 'first', 'again', 'people'] as const).map((which) =>
      spread(spreadOf(rounds.map((round) => round[which])), 0),
    ),
  ]);
  const head = ['accounts', '/account, ms', 'console, first visit', 'console, again', 'its list of people'];
  return `${table(head, rows)}\n\nScripts of the first view: ${number(kib, 0)} KiB compressed.`;
}
