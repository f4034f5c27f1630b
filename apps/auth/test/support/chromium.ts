import { existsSync } from 'node:fs';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

/** The one without windows is the same browser, and takes less of the processor. */
const installed = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const candidates = [process.env['CHROMIUM_PATH'] ?? installed].flat();
const executablePath = candidates.find((path) => existsSync(path));
/** How long a browser may take on a slow machine: to start, and for each step. */
export const patienceMs = 110_000;
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // a name that is neither this machine nor secure, as in a private network
  '--host-resolver-rules=MAP auth.test 127.0.0.1',
];

/**
 * Starts Chromium.
 * @throws Error if it is not installed
 */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  if (executablePath === undefined) {
    throw new Error(`There is no ${candidates.join(' or ')}: run tools/install-chromium.sh, or set CHROMIUM_PATH.`);
  }
  return chromium.launch({ executablePath, args, timeout: patienceMs, ...options });
}
