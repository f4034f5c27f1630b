import { execute, queryRow, sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { StoredAccount } from '../accounts/index.ts';
import { consuming, inOrder, type LoginLimits } from '../rate-limits/index.ts';

/** An account that a caller wants to log in to by password. */
export interface ClaimedAccount extends StoredAccount {
  /** When it got its password, as PostgreSQL writes it, in full precision. */
  passwordSince: string;
}

/** A person as an OpenID provider identifies them (OpenID Connect Core 1.0 §2). */
export interface ProviderIdentity {
  issuer: string;
  subject: string;
}

/** The columns of a {@link ClaimedAccount}. */
const claimedColumns =
  sql.raw(`id, email, CASE WHEN disabled_at IS NULL THEN password_hash END AS "passwordHash", roles,
  second_factor AS "secondFactor", security_epoch AS "securityEpoch", locale,
  email_verified_at IS NOT NULL AS "isVerified", password_changed_at::text AS "passwordSince"`);

/** Whether the account `a` can be logged in to by something else than the identity or passkey with this id. */
const hasOtherMethod = (id: string) => sql`(a.password_hash IS NOT NULL
  OR EXISTS (SELECT FROM external_identity other WHERE other.account_id = a.id AND other.id <> ${id})
  OR EXISTS (SELECT FROM passkey other WHERE other.account_id = a.id AND other.id <> ${id}))`;

/** The statements of logins that span the tables of several folders, each for the reason that it names. */
@Injectable()
export class LoginRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Counts a login by password and finds its account: `attempt` and `account` in one statement, because each login, and each
   * attempt of an attack, costs this round trip. The index `account_email_key` serves the e-mail address without regard to
   * case. A disabled account is found without its password.
   * @returns the key of the limit that blocks the attempt, or the account if there is one
   */
  async claim(
    email: string,
    limits: LoginLimits,
  ): Promise<{ blocked: string | null; account: ClaimedAccount | undefined }> {
    const row = await queryRow<ClaimedAccount & { blocked: string | null }>(
      this.dataSource,
      sql`/* login.claim */
        WITH ${consuming(inOrder(limits))}
        SELECT blocked, ${claimedColumns}
        FROM consumed LEFT JOIN account ON blocked IS NULL AND lower(email) = lower(${email})`,
    );
    // without an account all its columns are null
    return { blocked: row?.blocked ?? null, account: row?.id ? row : undefined };
  }

  /**
   * Does what {@link claim} does on a device that the account knows, with that device's limits.
   * @param securityEpoch of the device's cookie
   * @returns undefined, without having counted the attempt, if the account is gone or has another security epoch
   */
  async claimOnDevice(
    email: string,
    securityEpoch: string,
    limits: LoginLimits,
  ): Promise<{ blocked: string | null; account: ClaimedAccount } | undefined> {
    const row = await queryRow<ClaimedAccount & { blocked: string | null }>(
      this.dataSource,
      sql`/* login.claim-on-device */
        WITH known AS MATERIALIZED (
          SELECT ${claimedColumns} FROM account
          WHERE lower(email) = lower(${email}) AND security_epoch = ${securityEpoch}::bigint),
        ${consuming(inOrder(limits), sql.raw('EXISTS (SELECT FROM known)'))}
        SELECT blocked, known.* FROM known, consumed`,
    );
    return row && { blocked: row.blocked, account: row };
  }

  /**
   * Finds the account of an identity and sets the time of its last use: `external_identity` and `account` in one statement,
   * because it must lock the account before the identity, as linking and unlinking do. Otherwise two of them could deadlock.
   */
  async useIdentity(manager: EntityManager, { issuer, subject }: ProviderIdentity): Promise<StoredAccount | undefined> {
    return queryRow(
      manager,
      sql`/* login.use-identity */
        WITH owner AS (
          SELECT a.* FROM external_identity i JOIN account a ON a.id = i.account_id
          WHERE i.issuer = ${issuer} AND i.subject = ${subject} FOR NO KEY UPDATE OF a)
        UPDATE external_identity i SET last_used_at = now() FROM owner
        WHERE i.issuer = ${issuer} AND i.subject = ${subject} AND i.account_id = owner.id
        RETURNING owner.id, owner.email, owner.password_hash AS "passwordHash", owner.roles,
          owner.second_factor AS "secondFactor", owner.security_epoch AS "securityEpoch", owner.locale,
          owner.email_verified_at IS NOT NULL AS "isVerified"`,
    );
  }

  /**
   * Deletes an identity unless it is the account's last way to log in: all that opens an account in one statement, because the
   * condition and the deletion must not be separate. The caller has locked the account, so that of two concurrent
   * deletions the second one sees the first.
   * @returns the deleted identity
   */
  async unlinkIdentity(
    manager: EntityManager,
    id: string,
    accountId: string,
  ): Promise<(ProviderIdentity & { provider: string }) | undefined> {
    return queryRow(
      manager,
      sql`/* login.unlink-identity */
        DELETE FROM external_identity i USING account a
        WHERE i.id = ${id} AND i.account_id = ${accountId} AND a.id = i.account_id
          AND ${hasOtherMethod(id)}
        RETURNING i.provider, i.issuer, i.subject`,
    );
  }

  /**
   * Deletes a passkey as {@link unlinkIdentity} deletes an identity.
   * @returns whether it has been deleted
   */
  async removePasskey(manager: EntityManager, id: string, accountId: string): Promise<boolean> {
    const removed = await execute(
      manager,
      sql`/* login.remove-passkey */
        DELETE FROM passkey p USING account a
        WHERE p.id = ${id} AND p.account_id = ${accountId} AND a.id = p.account_id AND ${hasOtherMethod(id)}`,
    );
    return removed > 0;
  }
}
