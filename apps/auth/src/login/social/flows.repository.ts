import { execute, purge, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** What identifies a flow. */
interface FlowKey {
  /** SHA-256 of its state. */
  stateHash: Buffer;
  provider: string;
  /** The account that an identity is to be linked to; null for a login. */
  accountId: string | null;
}

interface EndedFlow {
  redirectUri: string;
  /** Whether it had not yet expired. */
  live: boolean;
}

/** The table `social_flow`: logins at OpenID providers that have begun. */
@Injectable()
export class FlowsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @param ttlSeconds the flow's lifetime */
  async insert(
    on: Queryable,
    { stateHash, provider, accountId }: FlowKey,
    redirectUri: string,
    ttlSeconds: number,
  ): Promise<void> {
    await queryRow(
      on,
      sql`/* social-flows.insert */ INSERT INTO social_flow (state_hash, provider, account_id, redirect_uri, expires_at)
        VALUES (${stateHash}, ${provider}, ${accountId}, ${redirectUri}, now() + make_interval(secs => ${ttlSeconds}::int))`,
    );
  }

  /**
   * Ends a flow in one atomic statement: of concurrent uses of a state one finds the flow. The state of a login does not end a
   * linking, and the reverse.
   */
  take({ stateHash, provider, accountId }: FlowKey): Promise<EndedFlow | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* social-flows.take */ DELETE FROM social_flow
        WHERE state_hash = ${stateHash} AND provider = ${provider} AND account_id IS NOT DISTINCT FROM ${accountId}::uuid
        RETURNING redirect_uri AS "redirectUri", expires_at > now() AS live`,
    );
  }

  /** Ends the flows that are to link an identity to an account. */
  async removeLinks(on: Queryable, accountId: string): Promise<void> {
    await execute(on, sql`/* social-flows.remove-links */ DELETE FROM social_flow WHERE account_id = ${accountId}`);
  }

  /** Deletes expired flows, `limit` at most, and returns how many. */
  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`expires_at <= now()`;
    return purge(on, { table: 'social_flow', key: 'state_hash', expired, orderBy: 'expires_at' }, limit);
  }

  /** What the flows of an account say about its owner. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* social-flows.personal-data */
        SELECT json_build_object('provider', provider, 'redirect_uri', redirect_uri, 'expires_at', expires_at) AS row
        FROM social_flow WHERE account_id = ${accountId} ORDER BY expires_at`,
    );
    return rows.map(({ row }) => row);
  }
}
