import { randomBytes } from 'node:crypto';
import type { ImportedHashKind, PasswordHash } from '../../passwords/index.ts';

/** Counts hashes by kind, each with a hash of that kind that no password has. */
export function countKinds(hashes: PasswordHash[]): ImportedHashKind[] {
  return [...Map.groupBy(hashes, ({ kind }) => kind)].map(([kind, [first, ...others]]) => ({
    kind,
    dummy: scramble(first?.text ?? ''),
    accounts: 1 + others.length,
  }));
}

/** Replaces the end of a hash by random characters, except the last two: not every character can end base64. */
function scramble(hash: string): string {
  const noise = randomBytes(15).toString('base64').replaceAll('+', 'A');
  return hash.slice(0, -2 - noise.length) + noise + hash.slice(-2);
}
