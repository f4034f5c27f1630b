import { parseArgon2 } from './argon2.ts';
import { parseBcrypt } from './bcrypt.ts';
import type { PasswordHash } from './password-hash.ts';
import { parsePbkdf2 } from './pbkdf2.ts';
import { parseFirebaseScrypt, parseScrypt } from './scrypt.ts';

const maxLength = 512;
const parsers = [parseArgon2, parseBcrypt, parsePbkdf2, parseScrypt, parseFirebaseScrypt];

/** Parses a password hash of any supported format; undefined if it is malformed or has another format. */
export function parseHash(text: string): PasswordHash | undefined {
  if (text.length > maxLength) {
    return undefined;
  }
  for (const parse of parsers) {
    const hash = parse(text);
    if (hash) {
      return hash;
    }
  }
  return undefined;
}
