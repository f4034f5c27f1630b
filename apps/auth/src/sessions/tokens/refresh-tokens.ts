import { createHmac, hash, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse as parseUuid, stringify as stringifyUuid } from 'uuid';
import { Keyring } from '../../keyring/index.ts';

const prefix = 'rt_';
const idBytes = 16;
const secretBytes = 32;
const tagBytes = 16;
const encodedLength = prefix.length + Math.ceil(((idBytes + secretBytes + tagBytes) * 4) / 3);

/** A refresh token, and what may be stored of it. */
export interface RefreshToken {
  sessionId: string;
  token: string;
  /** SHA-256; the token has 256 random bits, so that no slow hash is needed. */
  hash: Buffer;
}

/**
 * Refresh tokens: session id, 256-bit secret and a tag by which forgeries are told without a look in the database, so
 * that any token of ours that is not the session's latest is known to be a used one. A token's successor is derived from
 * it, hence can be given again without being stored.
 */
@Injectable()
export class RefreshTokens {
  private readonly tagKeys: KeyObject[];
  private readonly successorKeys: KeyObject[];

  constructor(keyring: Keyring) {
    this.tagKeys = keyring.derive('refresh token tag');
    this.successorKeys = keyring.derive('refresh token successor');
  }

  /** The first token of a session. */
  issue(sessionId: string): RefreshToken {
    const id = Buffer.from(parseUuid(sessionId));
    return build(sessionId, id, randomBytes(secretBytes), this.tagKeys[0] as KeyObject);
  }

  /** Reads a token; nothing if we did not make it. */
  parse(token: string): RefreshToken | undefined {
    const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
    const { id, secret, tag } = split(bytes);
    if (token.length !== encodedLength || bytes.length !== idBytes + secretBytes + tagBytes) {
      return undefined;
    }
    const authentic = this.tagKeys.some((key) => timingSafeEqual(tagOf(key, id, secret), tag));
    // one token has one spelling
    if (!authentic || encode(bytes) !== token) {
      return undefined;
    }
    return { sessionId: stringifyUuid(id), token, hash: sha256(bytes) };
  }

  /**
   * What follows a token, one candidate for each key of the keyring: the first is for a new rotation, the others are for
   * repeats across a change of the key.
   */
  successors(of: RefreshToken): RefreshToken[] {
    const { id, secret } = split(Buffer.from(of.token.slice(prefix.length), 'base64url'));
    return this.successorKeys.map((key, index) => {
      const next = createHmac('sha256', key).update(id).update(secret).digest();
      return build(of.sessionId, id, next, this.tagKeys[index] as KeyObject);
    });
  }
}

function build(sessionId: string, id: Buffer, secret: Buffer, tagKey: KeyObject): RefreshToken {
  const bytes = Buffer.concat([id, secret, tagOf(tagKey, id, secret)]);
  return { sessionId, token: encode(bytes), hash: sha256(bytes) };
}

function split(bytes: Buffer): { id: Buffer; secret: Buffer; tag: Buffer } {
  return {
    id: bytes.subarray(0, idBytes),
    secret: bytes.subarray(idBytes, idBytes + secretBytes),
    tag: bytes.subarray(idBytes + secretBytes),
  };
}

const encode = (bytes: Buffer) => prefix + bytes.toString('base64url');
const sha256 = (bytes: Buffer) => hash('sha256', bytes, 'buffer');
const tagOf = (key: KeyObject, id: Buffer, secret: Buffer) =>
  createHmac('sha256', key).update(id).update(secret).digest().subarray(0, tagBytes);
