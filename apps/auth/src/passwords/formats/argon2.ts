import { parseOptions, verify } from '@node-rs/argon2';
import { areUsableSizes, type HashParser } from './password-hash.ts';

const form = /^(?:argon2)?(\$argon2(?:id|i)\$.{1,400})$/;
const slowestKib = 1_048_576;

/** Argon2id and argon2i (RFC 9106) in PHC string format, with or without Django's prefix. */
export const parseArgon2: HashParser = (input) => {
  const [, text] = form.exec(input) ?? [];
  if (text === undefined) {
    return undefined;
  }
  try {
    const { memoryCost, timeCost, outputLen, saltLen } = parseOptions(text);
    if (!areUsableSizes(saltLen, outputLen)) {
      return undefined;
    }
    return {
      scheme: 'argon2',
      kind: text.split('$').slice(0, -2).join('$'),
      text,
      memoryKib: memoryCost,
      slowness: (memoryCost * timeCost) / slowestKib,
      matches: (password) => verify(text, password),
    };
  } catch {
    return undefined;
  }
};
