import type { Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { RecoveryCodesRepository } from './recovery-codes.repository.ts';

const codesPerAccount = 10;
/** 80 bits cannot be guessed, so a fast hash is enough. */
const codeBytes = 10;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Recovery codes, for people who have lost their authenticator app. Each can be used once. */
@Injectable()
export class RecoveryCodesService {
  constructor(private readonly codes: RecoveryCodesRepository) {}

  /**
   * Replaces all recovery codes of an account, in the caller's transaction.
   * @returns the new codes; only their hashes are stored
   */
  async replace(manager: EntityManager, accountId: string): Promise<string[]> {
    const codes = Array.from({ length: codesPerAccount }, newCode);
    await this.codes.removeAll(manager, accountId);
    await this.codes.insert(manager, accountId, codes.map(hashOf));
    return codes.map((code) => (code.match(/.{4}/g) ?? []).join('-'));
  }

  /**
   * Uses a code in the caller's transaction, and returns whether it is valid and unused.
   * @param code upper case, without separators
   */
  use(manager: EntityManager, accountId: string, code: string): Promise<boolean> {
    return this.codes.use(manager, accountId, hashOf(code));
  }

  /** How many unused codes the account has. */
  count(on: Queryable, accountId: string): Promise<number> {
    return this.codes.count(on, accountId);
  }

  /** Removes all recovery codes of an account. */
  removeAll(manager: EntityManager, accountId: string): Promise<void> {
    return this.codes.removeAll(manager, accountId);
  }
}

/** Base32 (RFC 4648 §6): each character stands for 5 of 80 random bits. */
function newCode(): string {
  const bits = BigInt(`0x${randomBytes(codeBytes).toString('hex')}`);
  return Array.from({ length: 16 }, (_, index) => alphabet[Number((bits >> BigInt(5 * index)) & 31n)]).join('');
}

const hashOf = (code: string) => createHash('sha256').update(code).digest();
