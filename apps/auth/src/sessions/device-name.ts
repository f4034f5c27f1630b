import Bowser from 'bowser';

/**
 * What to call a device, such as `Firefox on Linux`.
 * @param userAgent as the client sent it; what it says is not to be trusted, only shown
 */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) {
    return 'unknown device';
  }
  const { browser, os } = Bowser.parse(userAgent);
  const [product] = userAgent.split('/', 1);
  const [program] = [browser.name, product].filter(Boolean);
  return [program, os.name].filter(Boolean).join(' on ');
}
