import { expect, it } from 'vitest';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { Keyring } from '../../keyring/index.ts';
import { RefreshTokens } from './refresh-tokens.ts';

const key = (byte: number) => Buffer.alloc(32, byte);
const tokensOf = (...keys: Buffer[]) => new RefreshTokens(new Keyring({ KEY_ENCRYPTION_KEYS: keys }));
const tokens = tokensOf(key(1));

it('parses the tokens it issues', () => {
  const issued = tokens.issue(randomUUID());
  expect(tokens.parse(issued.token)).toEqual(issued);
});

it('derives the same successor each time, and a different one for each token', () => {
  const id = randomUUID();
  const [one, other] = [tokens.issue(id), tokens.issue(id)];
  expect(tokens.successors(one)).toEqual(tokens.successors(one));
  expect(tokens.successors(one)).not.toEqual(tokens.successors(other));
  expect(tokens.parse(tokens.successors(one)[0]?.token ?? '')).toEqual(tokens.successors(one)[0]);
});

it('accepts tokens, and derives successors, of an older key', () => {
  const issued = tokens.issue(randomUUID());
  const changed = tokensOf(key(2), key(1));
  expect(changed.parse(issued.token)).toEqual(issued);
  expect(changed.successors(issued)[1]).toEqual(tokens.successors(issued)[0]);
  expect(tokensOf(key(2)).parse(issued.token)).toBeUndefined();
});

it('rejects text that it did not issue', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(tokens.parse(text)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      expect(tokens.parse(`rt_${Buffer.from(bytes).toString('base64url')}`)).toBeUndefined();
    }),
  );
});

it('rejects a token in which any character is changed', () => {
  const { token } = tokens.issue(randomUUID());
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (position, character) => {
      fc.pre(token[position] !== character);
      expect(tokens.parse(token.slice(0, position) + character + token.slice(position + 1))).toBeUndefined();
    }),
  );
});
