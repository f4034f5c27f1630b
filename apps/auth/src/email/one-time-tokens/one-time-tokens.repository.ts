import { execute, purge, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';

/** What a token can be used for. A token of one purpose is useless for every other. */
export type OneTimePurpose =
  'email_change' | 'email_verification' | 'invitation' | 'magic_link' | 'mfa_challenge' | 'password_reset';

/** A token to issue. */
export interface OneTimeTokenEntry {
  purpose: OneTimePurpose;
  accountId: string;
  ttlSeconds: number;
  /** Facts that come back when the token is used, such as the new e-mail address of a change. */
  detail?: Record<string, unknown>;
}

/** What a token stands for. */
export interface OneTimeTokenFacts {
  accountId: string;
  detail: Record<string, unknown>;
}

const facts = sql.raw('account_id AS "accountId", detail');
const attempts = sql.raw("coalesce((detail->>'tries')::int, 0)");
/** Selects one valid token. */
const isValid = (hash: Buffer, purpose: OneTimePurpose) =>
  sql`hash = ${hash} AND purpose = ${purpose} AND expires_at > now()`;

/** The table `one_time_token`. Tokens are identified by their hash. */
@Injectable()
export class OneTimeTokensRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async insert(manager: EntityManager, tokens: readonly (OneTimeTokenEntry & { hash: Buffer })[]): Promise<void> {
    const rows = tokens.map(
      ({ hash, purpose, accountId, ttlSeconds, detail = {} }) =>
        sql`(${hash}, ${purpose}, ${accountId}, ${JSON.stringify(detail)}, now() + make_interval(secs => ${ttlSeconds}::int))`,
    );
    await queryRow(
      manager,
      sql`/* one-time-tokens.insert */
        INSERT INTO one_time_token (hash, purpose, account_id, detail, expires_at)
        VALUES ${sql.join(rows, ', ')}`,
    );
  }

  /** Deletes a token, in one atomic statement, and returns its purpose and data unless it had expired. */
  async take(on: Queryable, hash: Buffer, purpose: OneTimePurpose): Promise<OneTimeTokenFacts | undefined> {
    const row = await queryRow<OneTimeTokenFacts & { live: boolean }>(
      on,
      sql`/* one-time-tokens.take */
        DELETE FROM one_time_token WHERE hash = ${hash} AND purpose = ${purpose}
        RETURNING ${facts}, expires_at > now() AS live`,
    );
    return row?.live ? { accountId: row.accountId, detail: row.detail } : undefined;
  }

  async find(hash: Buffer, purpose: OneTimePurpose): Promise<OneTimeTokenFacts | undefined> {
    return queryRow<OneTimeTokenFacts>(
      this.dataSource,
      sql`/* one-time-tokens.find */ SELECT ${facts} FROM one_time_token WHERE ${isValid(hash, purpose)}`,
    );
  }

  /** Counts an attempt, in one atomic statement. Finds nothing once there have been `maxAttempts`. */
  async countAttempt(
    hash: Buffer,
    purpose: OneTimePurpose,
    maxAttempts: number,
  ): Promise<OneTimeTokenFacts | undefined> {
    return queryRow<OneTimeTokenFacts>(
      this.dataSource,
      sql`/* one-time-tokens.count-attempt */
        UPDATE one_time_token SET detail = detail || jsonb_build_object('tries', ${attempts} + 1)
        WHERE ${isValid(hash, purpose)} AND ${attempts} < ${maxAttempts}::int
        RETURNING ${facts}`,
    );
  }

  async deleteAll(manager: EntityManager, purpose: OneTimePurpose, accountId: string): Promise<void> {
    await execute(
      manager,
      sql`/* one-time-tokens.delete-all */
        DELETE FROM one_time_token WHERE account_id = ${accountId} AND purpose = ${purpose}`,
    );
  }

  async deleteAllBut(manager: EntityManager, kept: OneTimePurpose, accountId: string): Promise<void> {
    await execute(
      manager,
      sql`/* one-time-tokens.delete-all-but */
        DELETE FROM one_time_token WHERE account_id = ${accountId} AND purpose <> ${kept}`,
    );
  }

  /** What is stored about an account's tokens, as JSON objects. */
  async personalData(accountId: string): Promise<object[]> {
    const rows = await queryRows<{ row: object }>(
      this.dataSource,
      sql`/* one-time-tokens.personal-data */
        SELECT json_build_object('purpose', purpose, 'detail', detail, 'expires_at', expires_at) AS row
        FROM one_time_token WHERE account_id = ${accountId} ORDER BY expires_at`,
    );
    return rows.map(({ row }) => row);
  }

  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`expires_at <= now()`;
    return purge(on, { table: 'one_time_token', key: 'hash', expired, orderBy: 'expires_at' }, limit);
  }
}
