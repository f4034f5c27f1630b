import { parseOptions, verify } from '@node-rs/argon2';
import { areUsableSizes, type HashParser } from './password-hash.ts';

const form = /^(?:argon2)?(\$argon2(?:id|i)\$(?:v=(?:16|19)\$)?m=.{1,400})$/;
const slowestKib = 1_048_576;
/** RFC 9106 §3.1 allows shorter salts, the library does not. */
const minSaltBytes = 8;

/** Argon2id and argon2i (RFC 9106) in PHC string format, with or without Django's prefix. */
export const parseArgon2: HashParser = (input) => {
  const [, text] = form.exec(input) ?? [];
  if (text === undefined) {
    return undefined;
  }
  try {
    const { memoryCost, timeCost, parallelism, outputLen, saltLen } = parseOptions(text);
    const areValid = parallelism >= 1 && timeCost >= 1 && memoryCost >= 8 * parallelism && saltLen >= minSaltBytes;
    if (!areValid || !areUsableSizes(saltLen, outputLen)) {
      return undefined;
    }
    return {
      scheme: 'argon2',
      text,
      memoryKib: memoryCost,
      slowness: (memoryCost * timeCost) / slowestKib,
      matches: (password) => verify(text, password),
    };
  } catch {
    return undefined;
  }
};
