import { expect, it } from 'vitest';
import fc from 'fast-check';
import { newPassword } from '../passwords/index.ts';
import { email } from './accounts.schema.ts';

it('rejects an e-mail address that is too long or has a character beyond printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { success } = email.safeParse(`${text}@example.com`);
      expect(success && !/^[\x21-\x7e]{1,64}$/.test(text.trimStart())).toBe(false);
    }),
  );
});

it('accepts ordinary e-mail addresses', () => {
  const local = fc.stringMatching(/^[a-z0-9]([a-z0-9_+-]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(local, (text) => {
      expect(email.parse(`${text}@mail.example.org`)).toBe(`${text}@mail.example.org`);
    }),
  );
});

it.each([
  'r&d@example.com',
  'a=b@example.com',
  'x/d@example.com',
  "o'neil!#$%*?^`{|}~@example.com",
  'ada@xn--bcher-kva.example',
  'ada@example.xn--p1ai',
])('accepts %s, also with white space around it', (text) => {
  expect([email.parse(text), email.parse(` \t${text}\r\n`)]).toEqual([text, text]);
});

it.each([
  '.ada@example.com',
  'ada.@example.com',
  'a..b@example.com',
  'ada@-example.com',
  'ada@example-.com',
  'ada@example..com',
  'ada@example.com.',
  'ada@127.0.0.1',
  'ada@[127.0.0.1]',
  'ada@xn--',
  'a b@example.com',
  'a\nb@example.com',
])('rejects %j', (text) => {
  expect(email.safeParse(text).success).toBe(false);
});

it('rejects a long text of any shape at once', () => {
  const began = performance.now();
  for (const text of [
    'a'.repeat(50_000),
    'a.'.repeat(25_000),
    `a@${'a.'.repeat(25_000)}`,
    `a@${'a-'.repeat(25_000)}`,
  ]) {
    expect(email.safeParse(text).success).toBe(false);
  }
  expect(performance.now() - began).toBeLessThan(3000);
});

it('counts a password’s characters instead of bytes, after NFKC', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 140 }), (text) => {
      const normal = text.normalize('NFKC');
      const result = newPassword.safeParse(text);
      expect(result.success).toBe(Array.from(normal).length >= 8 && Array.from(normal).length <= 128);
      expect(result.data ?? normal).toBe(normal);
    }),
  );
});
