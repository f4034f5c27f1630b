import type { Principal } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountAccessService, type CredentialStore } from '../../accounts/index.ts';
import type { MfaStatus } from './mfa.schema.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpService } from './totp.service.ts';

/** All second factors of an account together. */
@Injectable()
export class MfaService implements CredentialStore {
  readonly isSecondFactor = true;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly totp: TotpService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly access: AccountAccessService,
  ) {
    access.register(this);
  }

  /** The second factors of the caller's account. */
  async status({ accountId }: Principal): Promise<MfaStatus> {
    return {
      totp: await this.totp.isEnrolled(this.dataSource, accountId),
      recovery_codes: await this.recoveryCodes.count(this.dataSource, accountId),
    };
  }

  /**
   * Removes the authenticator app and the recovery codes of an account, and ends what is pending, in the caller's transaction. The
   * caller audits it, ends the sessions, and removes the passkeys if that is wanted.
   * @returns whether the account had a confirmed authenticator app
   */
  async reset(manager: EntityManager, accountId: string): Promise<boolean> {
    await this.access.endPending(manager, accountId);
    return this.removeAll(manager, accountId);
  }

  removePending(manager: EntityManager, accountId: string): Promise<void> {
    return this.totp.removePending(manager, accountId);
  }

  /** Removes the authenticator app and the recovery codes in the caller's transaction, which has locked the account. */
  async removeAll(manager: EntityManager, accountId: string): Promise<boolean> {
    const wasEnrolled = await this.totp.remove(manager, accountId);
    await this.recoveryCodes.removeAll(manager, accountId);
    return wasEnrolled;
  }
}
