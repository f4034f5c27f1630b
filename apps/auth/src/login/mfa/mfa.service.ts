import type { Principal } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import type { MfaStatus } from './mfa.schema.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { TotpService } from './totp.service.ts';

/** All second factors of an account together. */
@Injectable()
export class MfaService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly totp: TotpService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly oneTimeTokens: OneTimeTokensService,
  ) {}

  /** The second factors of the caller's account. */
  async status({ accountId }: Principal): Promise<MfaStatus> {
    return {
      totp: await this.totp.isEnrolled(this.dataSource, accountId),
      recovery_codes: await this.recoveryCodes.count(this.dataSource, accountId),
    };
  }

  /**
   * Removes the authenticator app, the recovery codes and pending challenges of an account, in the caller's transaction. The
   * caller audits it, ends the sessions, and removes the passkeys if that is wanted.
   * @returns whether the account had a confirmed authenticator app
   */
  async reset(manager: EntityManager, accountId: string): Promise<boolean> {
    const wasEnrolled = await this.totp.remove(manager, accountId);
    await this.recoveryCodes.removeAll(manager, accountId);
    await this.oneTimeTokens.revoke(manager, 'mfa_challenge', accountId);
    return wasEnrolled;
  }
}
