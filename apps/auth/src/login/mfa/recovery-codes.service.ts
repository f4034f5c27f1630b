import { queryRows, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';

const codesPerAccount = 10;
/** 80 bits: out of reach of guessing, hence stored by a fast hash. */
const codeBytes = 10;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Codes to be kept on paper for the day the authenticator app is lost, each good once. */
@Injectable()
export class RecoveryCodesService {
  /**
   * Makes an account's codes; earlier ones are good no more.
   * @returns the codes, which can't be had again
   */
  async replace(manager: EntityManager, accountId: string): Promise<string[]> {
    const codes = Array.from({ length: codesPerAccount }, newCode);
    await this.remove(manager, accountId);
    await manager.query('INSERT INTO recovery_code (account_id, hash) SELECT $1, unnest($2::bytea[])', [
      accountId,
      codes.map(hashOf),
    ]);
    return codes.map((code) => (code.match(/.{4}/g) ?? []).join('-'));
  }

  /** Takes a code, in one atomic statement: of any number of uses one gets it. */
  async take(manager: EntityManager, accountId: string, code: string): Promise<boolean> {
    const rows = await queryRows(
      manager,
      'DELETE FROM recovery_code WHERE account_id = $1 AND hash = $2 RETURNING account_id',
      [accountId, hashOf(code)],
    );
    return rows.length > 0;
  }

  async count(on: Queryable, accountId: string): Promise<number> {
    const [row] = await queryRows<{ count: number }>(
      on,
      'SELECT count(*)::int AS count FROM recovery_code WHERE account_id = $1',
      [accountId],
    );
    return row?.count ?? 0;
  }

  async remove(manager: EntityManager, accountId: string): Promise<void> {
    await manager.query('DELETE FROM recovery_code WHERE account_id = $1', [accountId]);
  }
}

/** Base32 (RFC 4648 §6): 5 of a number's 80 bits a character. */
function newCode(): string {
  const bits = BigInt(`0x${randomBytes(codeBytes).toString('hex')}`);
  return Array.from({ length: 16 }, (_, index) => alphabet[Number((bits >> BigInt(5 * index)) & 31n)]).join('');
}

const hashOf = (code: string) => createHash('sha256').update(code).digest();
