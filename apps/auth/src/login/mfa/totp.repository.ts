import { execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Keyring, reencryptColumn } from '../../keyring/index.ts';

/** Minutes within which a code must confirm a new secret. */
const setupMinutes = 15;

const conditions = {
  /** Set up a short time ago, and not yet confirmed. */
  pending: sql.raw(`confirmed_at IS NULL AND created_at > now() - make_interval(mins => ${String(setupMinutes)})`),
  confirmed: sql.raw('confirmed_at IS NOT NULL'),
};

/** States of a TOTP secret. A statement sees only secrets in the given state. */
export type SecretState = keyof typeof conditions;

/** What a valid code changes. */
interface UsedStep {
  accountId: string;
  /** The number of the 30 s step whose code was given. */
  step: number;
  /** The encrypted secret as it was read. */
  secret: Buffer;
  /** The same secret, encrypted under the first key of the keyring. */
  resealed: Buffer;
}

/** The encryption context of an account's secret. */
export const secretContext = (accountId: string) => `totp ${accountId}`;

/** The table `totp`: each account's authenticator app. Until it is confirmed, logins do not ask for it. */
@Injectable()
export class TotpRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Stores the encrypted secret of an app that is not yet confirmed, and replaces an earlier one that never was.
   * @returns false if the account has a confirmed app
   */
  async setUp(on: Queryable, accountId: string, secret: Buffer): Promise<boolean> {
    const row = await queryRow(
      on,
      sql`/* totp.set-up */
        INSERT INTO totp AS t (account_id, secret) VALUES (${accountId}, ${secret})
        ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, last_used_step = 0, created_at = now()
          WHERE t.confirmed_at IS NULL
        RETURNING account_id`,
    );
    return row !== undefined;
  }

  /** The encrypted secret of an account's app. */
  async findSecret(on: Queryable, accountId: string, state: SecretState): Promise<Buffer | undefined> {
    const row = await queryRow<{ secret: Buffer }>(
      on,
      sql`/* totp.find-secret */ SELECT secret FROM totp WHERE account_id = ${accountId} AND ${conditions[state]}`,
    );
    return row?.secret;
  }

  /**
   * Takes the code of a step in one atomic statement, and confirms the secret. Of concurrent uses one succeeds, and no code of
   * this step or an earlier one is valid afterwards. The secret is stored under the first key of the keyring, so that an
   * old key falls out of use.
   * @returns whether the code was still valid
   */
  async useStep(on: Queryable, { accountId, step, secret, resealed }: UsedStep, state: SecretState): Promise<boolean> {
    const changed = await execute(
      on,
      sql`/* totp.use-step */
        UPDATE totp SET last_used_step = ${step}, secret = ${resealed}, confirmed_at = coalesce(confirmed_at, now())
        WHERE account_id = ${accountId} AND last_used_step < ${step} AND secret = ${secret} AND ${conditions[state]}`,
    );
    return changed > 0;
  }

  /** Whether the account has a confirmed app. */
  async isConfirmed(on: Queryable, accountId: string): Promise<boolean> {
    const statement = sql`/* totp.is-confirmed */
      SELECT account_id FROM totp WHERE account_id = ${accountId} AND ${conditions.confirmed}`;
    return (await queryRow(on, statement)) !== undefined;
  }

  /** The same, and locks the app until the transaction ends. */
  async lockConfirmed(manager: EntityManager, accountId: string): Promise<boolean> {
    const statement = sql`/* totp.lock-confirmed */
      SELECT account_id FROM totp WHERE account_id = ${accountId} AND ${conditions.confirmed} FOR UPDATE`;
    return (await queryRow(manager, statement)) !== undefined;
  }

  /** Deletes an account's app, and returns whether it was confirmed. */
  async remove(on: Queryable, accountId: string): Promise<boolean> {
    const row = await queryRow<{ confirmed: boolean }>(
      on,
      sql`/* totp.remove */
        DELETE FROM totp WHERE account_id = ${accountId} RETURNING ${conditions.confirmed} AS confirmed`,
    );
    return row?.confirmed === true;
  }

  /** Deletes an account's app if it is not confirmed. */
  async removePending(on: Queryable, accountId: string): Promise<void> {
    await execute(
      on,
      sql`/* totp.remove-pending */ DELETE FROM totp WHERE account_id = ${accountId} AND NOT (${conditions.confirmed})`,
    );
  }

  /** Encrypts secrets again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    const column = { table: 'totp', key: 'account_id', column: 'secret', contextOf: secretContext };
    return reencryptColumn(this.dataSource, this.keyring, column);
  }

  /** What the table says about the owner of an account. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* totp.personal-data */
        SELECT json_build_object('created_at', created_at, 'confirmed_at', confirmed_at) AS row
        FROM totp WHERE account_id = ${accountId}`,
    );
    return rows.map(({ row }) => row);
  }
}
