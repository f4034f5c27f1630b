import Bowser from 'bowser';

/** Reading a user agent takes longer than all else of a list of sessions, and most are the same few. */
const known = new Map<string, string>();
const maxKnown = 1000;

/**
 * What to call a device, such as `Firefox on Linux`.
 * @param userAgent as the client sent it; what it says is not to be trusted, only shown
 */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) {
    return 'unknown device';
  }
  let name = known.get(userAgent);
  if (name === undefined) {
    name = read(userAgent);
    if (known.size >= maxKnown) {
      known.clear();
    }
    known.set(userAgent, name);
  }
  return name;
}

function read(userAgent: string): string {
  const { browser, os } = Bowser.parse(userAgent);
  const [product] = userAgent.split('/', 1);
  const [program] = [browser.name, product].filter(Boolean);
  return [program, os.name].filter(Boolean).join(' on ');
}
