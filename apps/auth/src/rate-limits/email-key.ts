import { createHash } from 'node:crypto';

/** The keys of an account's limits of logins by password. */
export const loginKeys = {
  account: (email: string) => `login:account:${emailKey(email)}`,
  knownDevices: (email: string) => `login:known-devices:${emailKey(email)}`,
};

/** The rate-limit key of an e-mail address: a hash, the same for any case. */
export function emailKey(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}
