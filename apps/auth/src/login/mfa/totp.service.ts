import type { Queryable } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { Secret, TOTP } from 'otpauth';
import type { EntityManager } from 'typeorm';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { Keyring } from '../../keyring/index.ts';
import { totpEnrolled } from './mfa.problems.ts';
import type { TotpSetup } from './mfa.schema.ts';
import { secretContext, TotpRepository, type SecretState } from './totp.repository.ts';

const secretBytes = 20;
/** Steps before and after the current one whose codes are valid too, because clocks differ (RFC 6238 §5.2). */
const window = 1;

/** Time-based one-time passwords (RFC 6238) with SHA-1, 6 digits and steps of 30 s, as authenticator apps expect. */
@Injectable()
export class TotpService {
  constructor(
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'TOKEN_AUDIENCE'>,
    private readonly apps: TotpRepository,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Creates a secret, which logins do not ask for until a code confirms it. It replaces an earlier secret that was not confirmed.
   * @throws ProblemException `totp_enrolled`
   */
  async setUp(manager: EntityManager, account: { id: string; email: string }): Promise<TotpSetup> {
    const secret = new Secret({ size: secretBytes });
    if (!(await this.apps.setUp(manager, account.id, this.seal(account.id, secret)))) {
      throw totpEnrolled.exception();
    }
    return this.describe(account.email, secret.base32);
  }

  /**
   * Describes a secret for an authenticator app.
   * @param secret in base32 (RFC 4648 §6)
   */
  async describe(email: string, secret: string): Promise<TotpSetup> {
    const uri = new TOTP({ issuer: this.config.TOKEN_AUDIENCE, label: email, secret }).toString();
    // loaded with the first secret: drawing takes 60 files, which the start need not read
    const { default: qrCode } = await import('qrcode');
    const svg = await qrCode.toString(uri, { type: 'svg' });
    return {
      secret,
      otpauth_uri: uri,
      qr_code: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
    };
  }

  /**
   * Confirms a secret with a code, in the caller's transaction.
   * @returns whether the code is valid and unused, and the secret at most 15 minutes old
   */
  confirm(manager: EntityManager, accountId: string, code: string): Promise<boolean> {
    return this.use(manager, accountId, code, 'pending');
  }

  /** Uses a code in the caller's transaction, and returns whether it is valid and unused. */
  verify(manager: EntityManager, accountId: string, code: string): Promise<boolean> {
    return this.use(manager, accountId, code, 'confirmed');
  }

  /** Whether the account has a confirmed authenticator app. */
  isEnrolled(on: Queryable, accountId: string): Promise<boolean> {
    return this.apps.isConfirmed(on, accountId);
  }

  /** The same, and locks the app until the transaction ends. */
  lockEnrolled(manager: EntityManager, accountId: string): Promise<boolean> {
    return this.apps.lockConfirmed(manager, accountId);
  }

  /**
   * Removes the authenticator app in the caller's transaction, which has locked the account.
   * @returns whether it was confirmed
   */
  remove(manager: EntityManager, accountId: string): Promise<boolean> {
    return this.apps.remove(manager, accountId);
  }

  /** Removes a secret that was not confirmed, in the caller's transaction, which has locked the account. */
  removePending(manager: EntityManager, accountId: string): Promise<void> {
    return this.apps.removePending(manager, accountId);
  }

  private async use(manager: EntityManager, accountId: string, code: string, state: SecretState): Promise<boolean> {
    const sealed = await this.apps.findSecret(manager, accountId, state);
    if (!sealed) {
      return false;
    }
    const plaintext = this.keyring.decrypt(sealed, secretContext(accountId));
    const secret = new Secret({ buffer: Uint8Array.from(plaintext).buffer });
    const now = Date.now();
    const delta = TOTP.validate({ token: code, secret, window, timestamp: now });
    if (delta === null) {
      return false;
    }
    const step = TOTP.counter({ timestamp: now }) + delta;
    const resealed = this.seal(accountId, secret);
    return this.apps.useStep(manager, { accountId, step, secret: sealed, resealed }, state);
  }

  private seal(accountId: string, secret: Secret): Buffer {
    return this.keyring.encrypt(Buffer.from(secret.bytes), secretContext(accountId));
  }
}
