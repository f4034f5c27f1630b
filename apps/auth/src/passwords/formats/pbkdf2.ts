import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { base64, decode, encode, areUsableSizes, type HashParser } from './password-hash.ts';

const phc = new RegExp(
  `^\\$pbkdf2(?:-(sha1|sha256|sha512))?\\$(?:i=)?(\\d{1,9})(?:,l=\\d{1,3})?\\$(${base64})\\$(${base64})$`,
);
const django = new RegExp(`^pbkdf2_(sha1|sha256)\\$(\\d{1,9})\\$([^$]+)\\$(${base64})$`);
const blockBytes: Record<string, number> = { sha1: 20, sha256: 32, sha512: 64 };
const slowestIterations = 2_000_000;

/** PBKDF2 (RFC 8018) with HMAC-SHA-1, -256 or -512 in PHC string format, or in Django's, whose salt is plain text. */
export const parsePbkdf2: HashParser = (input) => {
  const [, algorithm = 'sha1', rounds, salted = '', digested = ''] = phc.exec(input) ?? django.exec(input) ?? [];
  const iterations = Number(rounds);
  const salt = input.startsWith('$') ? decode(salted) : Buffer.from(salted);
  const digest = decode(digested);
  if (!(iterations > 0) || !areUsableSizes(salt.length, digest.length)) {
    return undefined;
  }
  const blocks = Math.ceil(digest.length / (blockBytes[algorithm] as number));
  return {
    scheme: 'pbkdf2',
    text: `$pbkdf2-${algorithm}$i=${String(iterations)}$${encode(salt)}$${encode(digest)}`,
    memoryKib: 1,
    slowness: (iterations * blocks) / slowestIterations,
    async matches(password) {
      return timingSafeEqual(digest, await promisify(pbkdf2)(password, salt, iterations, digest.length, algorithm));
    },
  };
};
