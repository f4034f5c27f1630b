import { createHash } from 'node:crypto';

/** The keys of an account's limits of logins by password. */
export const loginKeys = {
  account: (email: string) => `login:account:${emailKey(email)}`,
  knownDevices: (email: string) => `login:known-devices:${emailKey(email)}`,
};

/** What an e-mail address is counted as: the same in any case, of bounded size, and not readable in the database. */
export function emailKey(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}
