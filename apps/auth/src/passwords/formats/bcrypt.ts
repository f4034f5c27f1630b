import { compare } from 'bcrypt';
import { createHash } from 'node:crypto';
import type { HashParser } from './password-hash.ts';

const plain = /^(?:bcrypt\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/;
const hashedFirst = /^bcrypt_sha256\$(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/;
const slowestCost = 14;
const maxPasswordBytes = 72;

/** bcrypt, with or without Django's prefix, and Django's bcrypt of a SHA-256, which supports passwords beyond 72 bytes. */
export const parseBcrypt: HashParser = (input) => {
  const [, hash, cost] = plain.exec(input) ?? hashedFirst.exec(input) ?? [];
  if (hash === undefined || Number(cost) < 4 || Number(cost) > 31) {
    return undefined;
  }
  const prehashed = hashedFirst.test(input);
  return {
    scheme: 'bcrypt',
    text: prehashed ? input : hash,
    memoryKib: 4,
    ...(prehashed ? {} : { maxPasswordBytes }),
    slowness: 2 ** (Number(cost) - slowestCost),
    matches: (password) =>
      compare(prehashed ? createHash('sha256').update(password).digest('hex') : password, hash.replace('$2y$', '$2b$')),
  };
};
