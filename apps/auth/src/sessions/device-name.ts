import Bowser from 'bowser';

/** Names by user agent: parsing one takes longer than the rest of a list of sessions, and most devices send the same few. */
const names = new Map<string, string>();
const maxNames = 1000;

/**
 * A device's name for people, such as `Firefox on Linux`.
 * @param userAgent the `user-agent` header (RFC 9110 §10.1.5) of the client; untrusted
 */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) {
    return 'unknown device';
  }
  let name = names.get(userAgent);
  if (name === undefined) {
    name = read(userAgent);
    if (names.size >= maxNames) {
      names.clear();
    }
    names.set(userAgent, name);
  }
  return name;
}

function read(userAgent: string): string {
  const { browser, os } = Bowser.parse(userAgent);
  const [product] = userAgent.split('/', 1);
  const [program] = [browser.name, product].filter(Boolean);
  return [program, os.name].filter(Boolean).join(' on ');
}
