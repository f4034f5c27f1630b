import { queryRow, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';

/** Locks on the table `session`, and on the accounts of sessions. They order changes of an account and the end of its sessions. */
@Injectable()
export class SessionLocksRepository {
  /** Whether a session has not ended, and keeps others from ending it until the transaction ends. */
  async hold(on: Queryable, sessionId: string, accountId: string): Promise<boolean> {
    const row = await queryRow(
      on,
      sql`/* sessions.hold */ SELECT id FROM session
        WHERE id = ${sessionId} AND account_id = ${accountId} AND expires_at > now() FOR KEY SHARE`,
    );
    return row !== undefined;
  }

  /** Locks the account of sessions as other acts do before they end several: no two of them wait for each other. */
  async lockOwner(on: Queryable, accountId: string): Promise<void> {
    await queryRow(on, sql`/* sessions.lock-owner */ SELECT id FROM account WHERE id = ${accountId} FOR NO KEY UPDATE`);
  }
}
