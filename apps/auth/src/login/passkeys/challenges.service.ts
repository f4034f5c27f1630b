import { queryRows, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Keyring } from '../../keyring/index.ts';

/** Longer than browsers let people look for their passkey. */
export const challengeSeconds = 300;

const nonceBytes = 16;
const expiryBytes = 6;
const tagBytes = 32;

const takeStatement = `
  INSERT INTO passkey_challenge (nonce, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING nonce`;

const purgeStatement = `
  DELETE FROM passkey_challenge WHERE nonce = ANY (ARRAY (
    SELECT nonce FROM passkey_challenge WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING nonce`;

/**
 * Challenges for authenticators to sign, each good once: nonce, expiry and a tag by which we know our own. Only used ones
 * are stored, so that asking for one costs the database nothing, however often strangers do.
 */
@Injectable()
export class ChallengesService {
  private readonly keys: KeyObject[];

  constructor(keyring: Keyring) {
    this.keys = keyring.derive('passkey challenge');
  }

  /** @param owner the account that registers; empty for a login, when nobody is known yet */
  issue(owner: string): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(nonceBytes);
    const expiry = Buffer.alloc(expiryBytes);
    expiry.writeUIntBE(Date.now() + challengeSeconds * 1000, 0, expiryBytes);
    return Uint8Array.from(Buffer.concat([nonce, expiry, tagOf(this.keys[0] as KeyObject, nonce, expiry, owner)]));
  }

  /** Takes a challenge, in one atomic statement: of any number of uses one gets it. */
  async consume(on: Queryable, challenge: string, owner: string): Promise<boolean> {
    const bytes = Buffer.from(challenge, 'base64url');
    const nonce = bytes.subarray(0, nonceBytes);
    const expiry = bytes.subarray(nonceBytes, nonceBytes + expiryBytes);
    const tag = bytes.subarray(nonceBytes + expiryBytes);
    const authentic =
      tag.length === tagBytes && this.keys.some((key) => timingSafeEqual(tagOf(key, nonce, expiry, owner), tag));
    if (!authentic || expiry.readUIntBE(0, expiryBytes) <= Date.now()) {
      return false;
    }
    const expiresAt = new Date(expiry.readUIntBE(0, expiryBytes));
    return (await queryRows(on, takeStatement, [nonce, expiresAt])).length > 0;
  }

  /** Deletes what has expired, `limit` rows at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }
}

const tagOf = (key: KeyObject, nonce: Buffer, expiry: Buffer, owner: string) =>
  createHmac('sha256', key).update(nonce).update(expiry).update(owner).digest();
