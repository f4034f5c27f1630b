import { createHash } from 'node:crypto';

/** The rate-limit key of an e-mail address: a hash, the same for any case. */
export function emailKey(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}

/** The rate-limit key of a mailbox: the same for all e-mail addresses that differ in a tag after a plus (RFC 5233). */
export function mailboxKey(email: string): string {
  return emailKey(email.replace(/^([^+@]+)\+[^@]*/, '$1'));
}
