import { queryRows, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { createHash, randomBytes } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';

/** What a token is good for, and good for nothing else. */
export type OneTimePurpose =
  'email_change' | 'email_verification' | 'invitation' | 'magic_link' | 'mfa_challenge' | 'password_reset';

const prefix = 'ot_';
const tokenBytes = 32;

/** A token to be issued. */
export interface OneTimeTokenEntry {
  purpose: OneTimePurpose;
  accountId: string;
  ttlSeconds: number;
  /** Facts that the token stands for, such as the new address of a change. */
  detail?: Record<string, unknown>;
}

/** What a consumed token stood for. */
export interface ConsumedToken {
  accountId: string;
  detail: Record<string, unknown>;
}

const consumeStatement = `
  DELETE FROM one_time_token WHERE hash = $1 AND purpose = $2
  RETURNING account_id AS "accountId", detail, expires_at > now() AS live`;

const peekStatement = `
  SELECT account_id AS "accountId", detail FROM one_time_token
  WHERE hash = $1 AND purpose = $2 AND expires_at > now()`;

const attemptStatement = `
  UPDATE one_time_token SET detail = detail || jsonb_build_object('tries', coalesce((detail->>'tries')::int, 0) + 1)
  WHERE hash = $1 AND purpose = $2 AND expires_at > now() AND coalesce((detail->>'tries')::int, 0) < $3
  RETURNING account_id AS "accountId", detail`;

const purgeStatement = `
  DELETE FROM one_time_token WHERE hash = ANY (ARRAY (
    SELECT hash FROM one_time_token WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING purpose`;

/** Tokens that are sent to somebody and come back once. Only their SHA-256 is stored: they have 256 random bits. */
@Injectable()
export class OneTimeTokensService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Issues a token in the caller's transaction. */
  async issue(manager: EntityManager, entry: OneTimeTokenEntry): Promise<string> {
    const token = prefix + randomBytes(tokenBytes).toString('base64url');
    await manager.query(
      `INSERT INTO one_time_token (hash, purpose, account_id, detail, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::int))`,
      [hashOf(token), entry.purpose, entry.accountId, JSON.stringify(entry.detail ?? {}), entry.ttlSeconds],
    );
    return token;
  }

  /**
   * Takes a token for its purpose, in one atomic statement: of any number of uses one gets it. In a transaction that fails
   * it stays good.
   */
  async consume(on: Queryable, purpose: OneTimePurpose, token: string): Promise<ConsumedToken | undefined> {
    const [row] = await queryRows<ConsumedToken & { live: boolean }>(on, consumeStatement, [hashOf(token), purpose]);
    return row?.live ? { accountId: row.accountId, detail: row.detail } : undefined;
  }

  /** Reads what a token stands for and leaves it good; only {@link consume} decides. */
  async peek(purpose: OneTimePurpose, token: string): Promise<ConsumedToken | undefined> {
    const [row] = await queryRows<ConsumedToken>(this.dataSource, peekStatement, [hashOf(token), purpose]);
    return row;
  }

  /**
   * Counts a try of what a token asks for, and leaves the token good, in one atomic statement.
   * @returns what it stands for; nothing beyond as many tries as are allowed
   */
  async attempt(purpose: OneTimePurpose, token: string, maxTries: number): Promise<ConsumedToken | undefined> {
    const [row] = await queryRows<ConsumedToken>(this.dataSource, attemptStatement, [hashOf(token), purpose, maxTries]);
    return row;
  }

  /** Makes an account's tokens of one purpose useless. */
  async revoke(manager: EntityManager, purpose: OneTimePurpose, accountId: string): Promise<void> {
    await manager.query('DELETE FROM one_time_token WHERE account_id = $1 AND purpose = $2', [accountId, purpose]);
  }

  /** Deletes tokens that have expired, `limit` at most, and says how many. */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    return (await queryRows(manager, purgeStatement, [limit])).length;
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();
