import { Injectable } from '@nestjs/common';
import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Keyring } from '../../keyring/index.ts';
import { ChallengesRepository } from './challenges.repository.ts';

/** Lifetime of a challenge; browsers give people less time to choose a passkey. */
export const challengeSeconds = 300;

const nonceBytes = 16;
const expiryBytes = 6;
const tagBytes = 32;

/**
 * Challenges for authenticators to sign, each valid once. A challenge consists of a nonce, its expiry and an authentication
 * tag. Only used challenges are stored, so issuing one costs no query, however often strangers ask for one.
 */
@Injectable()
export class ChallengesService {
  private readonly keys: KeyObject[];

  constructor(
    keyring: Keyring,
    private readonly used: ChallengesRepository,
  ) {
    this.keys = keyring.derive('passkey challenge');
  }

  /** @param owner who registers a passkey; empty for a login, when the account is not yet known */
  issue(owner: string): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(nonceBytes);
    const expiry = Buffer.alloc(expiryBytes);
    expiry.writeUIntBE(Date.now() + challengeSeconds * 1000, 0, expiryBytes);
    return Uint8Array.from(Buffer.concat([nonce, expiry, tagOf(this.keys[0] as KeyObject, nonce, expiry, owner)]));
  }

  /** Uses a challenge, and returns whether it was valid and unused. */
  async consume(challenge: string, owner: string): Promise<boolean> {
    const bytes = Buffer.from(challenge, 'base64url');
    const nonce = bytes.subarray(0, nonceBytes);
    const expiry = bytes.subarray(nonceBytes, nonceBytes + expiryBytes);
    const tag = bytes.subarray(nonceBytes + expiryBytes);
    const authentic =
      tag.length === tagBytes && this.keys.some((key) => timingSafeEqual(tagOf(key, nonce, expiry, owner), tag));
    if (!authentic || expiry.readUIntBE(0, expiryBytes) <= Date.now()) {
      return false;
    }
    return this.used.use(nonce, new Date(expiry.readUIntBE(0, expiryBytes)));
  }

  /** Deletes used challenges that have expired, `limit` at most, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.used.purge(manager, limit);
  }
}

const tagOf = (key: KeyObject, nonce: Buffer, expiry: Buffer, owner: string) =>
  createHmac('sha256', key).update(nonce).update(expiry).update(owner).digest();
