import { queryRows, type Queryable } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { Secret, TOTP } from 'otpauth';
import { toString as drawQrCode } from 'qrcode';
import type { EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { Keyring } from '../../keyring/index.ts';
import { totpEnrolled } from './mfa.problems.ts';
import type { TotpSetup } from './mfa.schema.ts';

const secretBytes = 20;
/** Codes of the step before and after are good too: clocks differ (RFC 6238 §5.2). */
const window = 1;
const setupMinutes = 15;

const setUpStatement = `
  INSERT INTO totp AS t (account_id, secret) VALUES ($1, $2)
  ON CONFLICT (account_id) DO UPDATE SET secret = $2, last_used_step = 0, created_at = now()
    WHERE t.confirmed_at IS NULL
  RETURNING account_id`;

const pendingCondition = `confirmed_at IS NULL AND created_at > now() - interval '${String(setupMinutes)} min'`;
const confirmedCondition = 'confirmed_at IS NOT NULL';

/**
 * Takes the code of a step, in one atomic statement: of any number of uses at once one gets it, and none of an earlier
 * step after it. The secret is sealed anew, so that an old key of the keyring falls out of use.
 */
const takeStatement = (condition: string) => `
  UPDATE totp SET last_used_step = $2, secret = $4, confirmed_at = coalesce(confirmed_at, now())
  WHERE account_id = $1 AND last_used_step < $2 AND secret = $3 AND ${condition}
  RETURNING account_id`;

/** Time-based one-time passwords (RFC 6238): SHA-1, 6 digits and 30 s, as authenticator apps expect. */
@Injectable()
export class TotpService {
  constructor(
    private readonly keyring: Keyring,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
  ) {}

  /**
   * Makes a secret, which guards nothing until a code confirms it. An earlier one that was never confirmed is forgotten.
   * @throws ProblemException `totp_enrolled`
   */
  async setUp(manager: EntityManager, account: { id: string; email: string }): Promise<TotpSetup> {
    const secret = new Secret({ size: secretBytes });
    const rows = await queryRows(manager, setUpStatement, [account.id, this.seal(account.id, secret)]);
    if (rows.length === 0) {
      throw totpEnrolled.exception();
    }
    const uri = new TOTP({ issuer: this.config.TOKEN_AUDIENCE, label: account.email, secret }).toString();
    const svg = await drawQrCode(uri, { type: 'svg' });
    return {
      secret: secret.base32,
      otpauth_uri: uri,
      qr_code: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
    };
  }

  /** Whether the code is right and new, and the secret set up within 15 minutes; from then on it guards the account. */
  confirm(manager: EntityManager, accountId: string, code: string): Promise<boolean> {
    return this.take(manager, accountId, code, pendingCondition);
  }

  /** Whether the code is right and new. */
  verify(manager: EntityManager, accountId: string, code: string): Promise<boolean> {
    return this.take(manager, accountId, code, confirmedCondition);
  }

  async isEnrolled(on: Queryable, accountId: string): Promise<boolean> {
    const rows = await queryRows(on, `SELECT FROM totp WHERE account_id = $1 AND ${confirmedCondition}`, [accountId]);
    return rows.length > 0;
  }

  /** @returns whether there was one that guarded the account */
  async remove(manager: EntityManager, accountId: string): Promise<boolean> {
    // in the order of an enrolment, lest the two wait for each other
    await manager.query('SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE', [accountId]);
    const rows = await queryRows<{ enrolled: boolean }>(
      manager,
      `DELETE FROM totp WHERE account_id = $1 RETURNING ${confirmedCondition} AS enrolled`,
      [accountId],
    );
    return rows[0]?.enrolled === true;
  }

  private async take(manager: EntityManager, accountId: string, code: string, condition: string): Promise<boolean> {
    const [row] = await queryRows<{ secret: Buffer }>(
      manager,
      `SELECT secret FROM totp WHERE account_id = $1 AND ${condition}`,
      [accountId],
    );
    if (!row) {
      return false;
    }
    const secret = new Secret({
      buffer: Uint8Array.from(this.keyring.decrypt(row.secret, contextOf(accountId))).buffer,
    });
    const now = Date.now();
    const delta = TOTP.validate({ token: code, secret, window, timestamp: now });
    if (delta === null) {
      return false;
    }
    const step = TOTP.counter({ timestamp: now }) + delta;
    const resealed = this.seal(accountId, secret);
    const taken = await queryRows(manager, takeStatement(condition), [accountId, step, row.secret, resealed]);
    return taken.length > 0;
  }

  private seal(accountId: string, secret: Secret): Buffer {
    return this.keyring.encrypt(Buffer.from(secret.bytes), contextOf(accountId));
  }
}

const contextOf = (accountId: string) => `totp ${accountId}`;
