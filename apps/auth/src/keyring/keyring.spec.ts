import { expect, it } from 'vitest';
import { Keyring } from './keyring.ts';

const keyOf = (byte: number) => Buffer.alloc(32, byte);
const keyring = new Keyring({ KEY_ENCRYPTION_KEYS: [keyOf(1), keyOf(2)] });
const bytesOf = (purpose: string) => keyring.derive(purpose).map((key) => key.export().toString('hex'));

it('decrypts a value in its own context only', () => {
  const sealed = keyring.encrypt(Buffer.from('secret'), 'totp 1');
  expect(keyring.decrypt(sealed, 'totp 1').toString()).toBe('secret');
  for (const context of ['totp 2', 'mail 1', 'totp 1 ', '']) {
    expect(() => keyring.decrypt(sealed, context)).toThrow('KEY_ENCRYPTION_KEYS');
  }
});

it('derives other keys for each purpose, and for each key of the ring', () => {
  expect(bytesOf('device cookie')).toEqual(bytesOf('device cookie'));
  const derived = [...bytesOf('device cookie'), ...bytesOf('refresh token tag')];
  expect(new Set([...derived, keyOf(1).toString('hex'), keyOf(2).toString('hex')]).size).toBe(6);
});
