import Bowser from 'bowser';

/** Names by user agent: parsing one takes longer than the rest of a list of sessions, and most devices send the same few. */
const names = new Map<string, string>();
const maxNames = 1000;
const unknownDevice = 'unknown device';

/**
 * A device's name for people, such as `Firefox on Linux`.
 * @param userAgent the `user-agent` header (RFC 9110 §10.1.5) of the client; untrusted
 */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) {
    return unknownDevice;
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

const browsers = new Set(Object.values(Bowser.BROWSER_MAP));
const systems = new Set(Object.values(Bowser.OS_MAP));
/** Programs whose user agent begins with their name. */
const programs = ['curl', 'okhttp', 'PostmanRuntime', 'python-requests', 'Wget'];

/** Reads only names of known programs and systems: any other text may be a message from an attacker. */
function read(userAgent: string): string {
  const { browser, os } = Bowser.parse(userAgent);
  const program = browser.name !== undefined && browsers.has(browser.name) ? browser.name : undefined;
  const [product] = userAgent.split('/', 1);
  const system = os.name !== undefined && systems.has(os.name) ? os.name : undefined;
  const known = [program ?? programs.find((name) => name === product) ?? (system && 'unknown browser'), system];
  return known.filter(Boolean).join(' on ') || unknownDevice;
}
