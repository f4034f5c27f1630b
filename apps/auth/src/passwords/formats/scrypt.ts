import { createCipheriv, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { base64, decode, encode, areUsableSizes, type HashParser, type PasswordHash } from './password-hash.ts';

const phc = new RegExp(`^\\$scrypt\\$ln=(\\d{1,2}),r=(\\d{1,4}),p=(\\d{1,4})\\$(${base64})\\$(${base64})$`);
const django = new RegExp(`^scrypt\\$(\\d{1,10})\\$([^$]+)\\$(\\d{1,4})\\$(\\d{1,4})\\$(${base64})$`);
const firebase = new RegExp(
  `^\\$firebase-scrypt\\$ln=(\\d{1,2}),r=(\\d{1,4}),p=(\\d{1,4})\\$(${base64})\\$(${base64})$`,
);
const firebaseWithKey = new RegExp(
  `^\\$fbscrypt\\$v=1,n=(\\d{1,2}),r=(\\d{1,4}),p=(\\d{1,4}),ss=(${base64}),sk=(${base64})\\$(${base64})\\$(${base64})$`,
);
const slowestWork = 2 ** 21;
const aesKeyBytes = 32;

/** scrypt (RFC 7914) in PHC string format, or in Django's, whose salt is plain text. */
export const parseScrypt: HashParser = (input) => {
  const [, ln, r, p, salted, digested] = phc.exec(input) ?? [];
  const [, n, saltText, djangoR, djangoP, djangoDigest] = django.exec(input) ?? [];
  const cost = costOf(n === undefined ? Number(ln) : Math.log2(Number(n)), Number(r ?? djangoR), Number(p ?? djangoP));
  const salt = saltText === undefined ? decode(salted ?? '') : Buffer.from(saltText);
  const digest = decode(digested ?? djangoDigest ?? '');
  if (!cost || !areUsableSizes(salt.length, digest.length)) {
    return undefined;
  }
  return {
    scheme: 'scrypt',
    text: `$scrypt$${cost.text}$${encode(salt)}$${encode(digest)}`,
    ...cost.bounds,
    async matches(password) {
      return timingSafeEqual(digest, await derive(password, salt, digest.length, cost.options));
    },
  };
};

/**
 * Firebase's scrypt encrypts the project's signer key with AES-256-CTR (counter 0) under a key derived from the password.
 * We store only the key stream, which is the XOR of hash and signer key, so that the signer key is stored nowhere.
 * Input: `$fbscrypt$v=1,n=LN,r=ROUNDS,p=1,ss=SALT_SEPARATOR,sk=SIGNER_KEY$SALT$HASH`.
 */
export const parseFirebaseScrypt: HashParser = (input) => {
  const [, n, rounds, lanes, separator = '', signerKey = '', userSalt = '', hash = ''] =
    firebaseWithKey.exec(input) ?? [];
  const [, ln, r, p, salted = '', streamed = ''] = firebase.exec(input) ?? [];
  const cost = costOf(Number(n ?? ln), Number(rounds ?? r), Number(lanes ?? p));
  const salt = n === undefined ? decode(salted) : Buffer.concat([decode(userSalt), decode(separator)]);
  const stream = n === undefined ? decode(streamed) : xor(decode(hash), decode(signerKey));
  if (!cost || !areUsableSizes(salt.length, stream.length)) {
    return undefined;
  }
  return {
    scheme: 'firebase-scrypt',
    text: `$firebase-scrypt$${cost.text}$${encode(salt)}$${encode(stream)}`,
    ...cost.bounds,
    async matches(password) {
      const key = await derive(password, salt, aesKeyBytes, cost.options);
      return timingSafeEqual(
        stream,
        createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(stream.length)),
      );
    },
  };
};

function costOf(ln: number, r: number, p: number) {
  // RFC 7914 §2: N < 2^(128 * r / 8)
  if (!Number.isInteger(ln) || ln < 1 || ln > 30 || !(r > 0) || !(p > 0) || ln >= 16 * r) {
    return undefined;
  }
  const N = 2 ** ln;
  const bounds: Pick<PasswordHash, 'memoryKib' | 'slowness'> = {
    memoryKib: (N * r) / 8,
    slowness: (N * r * p) / slowestWork,
  };
  // Node.js rejects parameters beyond `maxmem`, and counts somewhat more than the algorithm's own memory
  const options: ScryptOptions = { N, r, p, maxmem: 128 * r * (N + p + 2) + 65_536 };
  return { bounds, options, text: `ln=${String(ln)},r=${String(r)},p=${String(p)}` };
}

function derive(password: string, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer> {
  return promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)(password, salt, bytes, options);
}

/** XOR of two buffers; empty if their lengths differ. */
function xor(one: Buffer, other: Buffer): Buffer {
  return one.length === other.length ? Buffer.from(one.map((byte, i) => byte ^ (other[i] as number))) : Buffer.alloc(0);
}
