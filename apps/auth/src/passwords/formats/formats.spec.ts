import { describe, expect, it } from 'vitest';
import { hash as bcrypt } from 'bcrypt';
import fc from 'fast-check';
import { createCipheriv, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { parseHash } from './parse-hash.ts';

const password = 'Grün-otter 42 hums';

/** Hashes of the password by Django 5.2 and passlib 1.7, with their default costs unless the hash names others. */
const madeElsewhere = {
  'Django PBKDF2-SHA-256': 'pbkdf2_sha256$1000000$P4sqAYflm9IIm9t9Fx6zKb$b+J2tG1g3zA2pZh7NX1uyHcftpbwxb/0Xxa1kVoDJI4=',
  'Django PBKDF2-SHA-1': 'pbkdf2_sha1$1000000$4N18cFw5Olk6JAgPhfgzzC$r9jJyblYCSO5ybXz/45EEn8iuMk=',
  'Django argon2id':
    'argon2$argon2id$v=19$m=102400,t=2,p=8$Y3Z6enp5RnEwU1AycW13TGIzMWlxSA$16+Y2JPGefXuL0blyl2dnz8Z7dxZMZUiq+VWg2x+etY',
  'Django bcrypt of SHA-256': 'bcrypt_sha256$$2b$12$XPsh3DgetkIQyggD56qUPepl9IflJaWT3XmUBWof7A3SiFaFgM.dC',
  'Django bcrypt': 'bcrypt$$2b$12$3guz4eAxbzsj6mIeAUNg3uwFYHfTYamnxOMKFRnkClN1LkYS7iBcK',
  'Django scrypt':
    'scrypt$16384$t5f1doJnPiDqZVj30tQHia$8$5$RXAZdeaSQes22SGUZssl91eixx2u0eyCFKx9HHetgcPjMn6DatRcdjgERO60/+XI8xfy8evbGJ+hdoJdpF1j1g==',
  'passlib PBKDF2-SHA-256': '$pbkdf2-sha256$2000$w1hrLeV8713LWSvlHON8bw$4eDCgsDXWhIbChn5C.F4EyiOsoOUSxOdCwQEhRvjCaY',
  'passlib PBKDF2-SHA-512':
    '$pbkdf2-sha512$2000$zvm/13qvVcq517rXmhPCeA$7Ltp/MUrBIiwx1nS6Z5psB41/sKsePDkPOUMUwYnYSxsK7MEgphSMlYHYgUKkX7HoGWbaUmRyYaQk8jpnxx7tg',
  'passlib PBKDF2-SHA-1': '$pbkdf2$2000$.D8HACCkdK4VImRsLWUsJQ$XXewL4NqDvlzvLa86HgK9lIytxY',
  'passlib scrypt': '$scrypt$ln=10,r=8,p=1$4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw',
  'passlib bcrypt': '$2y$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2',
  argon2i: '$argon2i$v=19$m=64,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
};

/** The example that Firebase publishes with its scrypt utility. */
const firebase = {
  password: 'user1password',
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  salt: '42xEC+ixf3L2lw==',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
};
const firebaseLine = `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${firebase.signerKey}$${firebase.salt}$${firebase.hash}`;

const check = async (text: string, right: string) => {
  const hash = parseHash(text);
  // parsing the stored form returns the same hash
  expect(parseHash(hash?.text ?? '')).toMatchObject({ text: hash?.text });
  const stored = parseHash(hash?.text ?? '');
  expect([await stored?.matches(right), await stored?.matches(`${right}!`)]).toEqual([true, false]);
  expect(hash?.slowness).toBeLessThanOrEqual(1);
  expect(hash?.memoryKib).toBeLessThanOrEqual(131_072);
};

describe('a hash from another system', () => {
  it.each(Object.entries(madeElsewhere))('%s matches only its password', (_name, text) => check(text, password));

  it('Firebase: matches only its password, and its signer key is not stored', async () => {
    await check(firebaseLine, firebase.password);
    expect(parseHash(firebaseLine)?.text).not.toContain(firebase.signerKey.slice(0, 20));
  });

  it('Firebase: a hash with another project’s signer key matches only its password', async () => {
    const [signerKey, salt] = [randomBytes(64), randomBytes(8)];
    const key = scryptSync(password, Buffer.concat([salt, Buffer.of(7, 7)]), 32, { N: 2 ** 12, r: 4, p: 1 });
    const hash = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey);
    const [separator, ...rest] = [Buffer.of(7, 7), signerKey, salt, hash].map((part) => part.toString('base64'));
    await check(`$fbscrypt$v=1,n=12,r=4,p=1,ss=${separator},sk=${rest[0]}$${rest[1]}$${rest[2]}`, password);
  });

  it('scrypt and PBKDF2 with any parameters match only their password', async () => {
    const salt = randomBytes(16);
    const scrypt = scryptSync(password, salt, 64, { N: 1024, r: 3, p: 2 });
    await check(`$scrypt$ln=10,r=3,p=2$${salt.toString('base64')}$${scrypt.toString('base64')}`, password);
    const pbkdf2 = pbkdf2Sync(password, salt, 3, 40, 'sha512');
    await check(`$pbkdf2-sha512$i=3,l=40$${salt.toString('base64')}$${pbkdf2.toString('base64')}`, password);
  });

  it('bcrypt uses only the first 72 bytes', async () => {
    const hash = parseHash(await bcrypt('a'.repeat(80), 4));
    expect(await hash?.matches('a'.repeat(72))).toBe(true);
    expect(await hash?.matches('a'.repeat(71))).toBe(false);
  });
});

it.each([
  ['another format', '$1$salt$hash'],
  ['a password', password],
  ['argon2d', '$argon2d$v=19$m=64,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs'],
  ['argon2 with a part missing', '$argon2id$v=19$m=64,t=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzj'],
  ['a short argon2 digest', '$argon2id$v=19$m=64,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$AAAAAAA'],
  ['bcrypt of a faulty implementation', '$2x$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2'],
  ['bcrypt with an impossible cost', '$2b$03$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2'],
  ['a truncated bcrypt', '$2b$05$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7'],
  ['no iterations', `pbkdf2_sha256$0$salt$${Buffer.alloc(32).toString('base64')}`],
  ['a short digest', 'pbkdf2_sha256$1000$salt$AAAA'],
  ['scrypt with an N that is not a power of 2', `scrypt$1000$salt$8$1$${Buffer.alloc(64).toString('base64')}`],
  ['scrypt without lanes', '$scrypt$ln=10,r=8,p=0$4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw'],
  [
    'scrypt with an N beyond 2^(16 r)',
    '$scrypt$ln=17,r=1,p=1$4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw',
  ],
  [
    'argon2 of an unknown version',
    '$argon2id$v=17$m=64,t=1,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
  ],
  [
    'argon2 with too little memory',
    '$argon2id$v=19$m=8,t=1,p=4$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
  ],
  [
    'argon2 without passes',
    '$argon2id$v=19$m=64,t=0,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
  ],
  ['argon2 with a short salt', '$argon2id$v=19$m=64,t=1,p=1$MG4wo0M$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs'],
  ['a Firebase hash whose length differs from its key', firebaseLine.slice(0, -8)],
  ['a text that is too long', 'a'.repeat(513)],
])('%s is not parsed as a hash', (_name, text) => {
  expect(parseHash(text)).toBeUndefined();
});

it.each([
  ['scrypt', '$scrypt$ln=30,r=8,p=1$4/wfY+z9n9P6n9O6N+bc2w$DVb8CBEWUYP6hPrf8xdqHKgon7EiAcmqkSXacVKMtRw', 2 ** 30],
  [
    'argon2',
    '$argon2id$v=19$m=4194304,t=9,p=1$MG4wo0Ns1eWUH8EgvWJp1Q$zv+NsyOeOMjgzkmC1msT6N8l2ZVDzjfhazGLm9o6Hzs',
    2 ** 22,
  ],
  ['bcrypt', '$2b$31$42mOiSX5iN4EspBWRdStD.tqB9OzagtuGhXsthX.BZa9e92G7liS2', 4],
  ['PBKDF2', `pbkdf2_sha256$999999999$salt$${Buffer.alloc(32).toString('base64')}`, 1],
])('%s with a hostile cost reports it without computing the hash', (_name, text, memoryKib) => {
  const hash = parseHash(text);
  expect(hash?.memoryKib).toBe(memoryKib);
  expect(hash?.slowness).toBeGreaterThan(1);
});

it('never throws, whatever the text', () => {
  const pieces = fc.constantFrom(
    '$',
    ',',
    '=',
    'argon2id',
    'scrypt',
    'ln=',
    'r=',
    'p=',
    'm=',
    't=',
    'pbkdf2-sha256',
    '2b',
    '10',
    'AAAA',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
      expect(() => parseHash(parts.join(''))).not.toThrow();
    }),
  );
});
