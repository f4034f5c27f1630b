import { createHmac, hash, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse as parseUuid, stringify as stringifyUuid } from 'uuid';
import { Keyring } from '../../keyring/index.ts';

const prefix = 'rt_';
const idBytes = 16;
const secretBytes = 32;
const tagBytes = 16;
const encodedLength = prefix.length + Math.ceil(((idBytes + secretBytes + tagBytes) * 4) / 3);

/** A refresh token, and the hash that is stored instead of it. */
export interface RefreshToken {
  sessionId: string;
  token: string;
  /** SHA-256: the token has 256 random bits and needs no slow hash. */
  hash: Buffer;
}

/**
 * Refresh tokens. Each consists of the session's id, a 256-bit secret and an authentication tag. The tag rejects forgeries
 * without a query, so an authentic token that is not the session's latest is a used one. A token's successor is derived from
 * the token, so a repeated request gets the same successor although it is not stored.
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

  /** Parses a token; undefined if this service did not issue it. */
  parse(token: string): RefreshToken | undefined {
    const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
    const { id, secret, tag } = split(bytes);
    if (token.length !== encodedLength || bytes.length !== idBytes + secretBytes + tagBytes) {
      return undefined;
    }
    const authentic = this.tagKeys.some((key) => timingSafeEqual(tagOf(key, id, secret), tag));
    // base64url has several encodings of the same bytes: only the canonical one is accepted
    if (!authentic || encode(bytes) !== token) {
      return undefined;
    }
    return { sessionId: stringifyUuid(id), token, hash: sha256(bytes) };
  }

  /**
   * The tokens that may follow a token, one for each key of the keyring. The first one is for a new rotation; the others match
   * rotations that were made before the keys changed.
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
