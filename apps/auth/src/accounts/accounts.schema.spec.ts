import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newPassword } from '../passwords/index.ts';
import { email } from './accounts.schema.ts';

it('rejects an e-mail address that is too long or has a character beyond printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { success } = email.safeParse(`${text}@example.com`);
      expect(success && !/^[\x21-\x7e]{1,64}$/.test(text)).toBe(false);
    }),
  );
});

it('accepts ordinary e-mail addresses', () => {
  const local = fc.stringMatching(/^[a-z0-9]([a-z0-9_+-]{0,20}[a-z0-9])?$/);
  fc.assert(
    fc.property(local, (text) => expect(email.parse(`${text}@mail.example.org`)).toBe(`${text}@mail.example.org`)),
  );
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
