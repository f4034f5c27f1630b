import { createHash } from 'node:crypto';

/** The rate-limit key of an e-mail address: a hash, the same for any case. */
export function emailKey(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}
