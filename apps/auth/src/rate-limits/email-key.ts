import { createHash } from 'node:crypto';

/** What an e-mail address is counted as: the same in any case, of bounded size, and not readable in the database. */
export function emailKey(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}
