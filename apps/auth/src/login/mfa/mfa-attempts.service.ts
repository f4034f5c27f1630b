import { counter, ProblemException, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, type StoredAccount } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import {
  knownDevicesFactor,
  mfaKeys,
  RateLimitsService,
  tooManyAttempts,
  type LoginLimits,
} from '../../rate-limits/index.ts';
import { mfaCodeInvalid } from './mfa.problems.ts';

const purposes = ['login', 'step_up', 'enrolment'] as const;
const checks = counter({
  name: 'auth_mfa_checks_total',
  help: 'Attempts to give a code of an authenticator app or a recovery code, by purpose and result',
  labels: { purpose: purposes, result: ['succeeded', 'failed', 'throttled'] },
});

/** An attempt to give a code. */
interface MfaAttempt {
  purpose: (typeof purposes)[number];
  /** The known device or the session whose attempts are counted together; otherwise those of the account's unknown devices. */
  limitedBy?: { kind: 'device' | 'session'; id: string } | undefined;
  accountId: string;
}

/** Limits, counts and audits attempts to give a code of an authenticator app or a recovery code. */
@Injectable()
export class MfaAttemptsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'LOGIN_ACCOUNT_BURST'>,
    private readonly accounts: AccountsRepository,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Runs an attempt in a transaction that has locked the account. A wrong code counts against the limit, and is audited.
   * @param check gets the locked account if there still is one; throws `mfa_code_invalid` if the code is wrong, or does what a valid code allows
   * @returns what `check` returns
   * @throws ProblemException `mfa_code_invalid`, `too_many_attempts`
   */
  async run<T>(
    { purpose, limitedBy, accountId }: MfaAttempt,
    context: RequestContext,
    check: (manager: EntityManager, account: StoredAccount | undefined) => Promise<T>,
  ): Promise<T> {
    const limits = this.limitsFor(accountId, limitedBy);
    try {
      await this.rateLimits.consumeAll(limits);
      const result = await this.dataSource.transaction(async (manager) => {
        // the account before its codes, as acts that remove them do
        const account = await this.accounts.lock(manager, accountId);
        const checked = await check(manager, account);
        await this.rateLimits.succeed(manager, limits);
        return checked;
      });
      checks.inc({ purpose, result: 'succeeded' });
      return result;
    } catch (error) {
      const problem = error instanceof ProblemException ? error.problem : undefined;
      if (problem === tooManyAttempts) {
        checks.inc({ purpose, result: 'throttled' });
      } else if (problem === mfaCodeInvalid) {
        checks.inc({ purpose, result: 'failed' });
        const event = { type: 'mfa.failed', subjectId: accountId, detail: { purpose } } as const;
        await this.audit.record(this.dataSource.manager, context, event);
      }
      throw error;
    }
  }

  /** All known devices of an account share a further limit, as its sessions do: many of them allow few guesses. */
  private limitsFor(accountId: string, limitedBy: MfaAttempt['limitedBy']): LoginLimits {
    const burst = this.config.LOGIN_ACCOUNT_BURST;
    if (!limitedBy) {
      return { account: { key: mfaKeys.account(accountId), burst } };
    }
    const { kind, id } = limitedBy;
    return {
      account: { key: mfaKeys.one(kind, id, accountId), burst },
      knownDevices: { key: mfaKeys.known(kind, accountId), burst: burst * knownDevicesFactor },
    };
  }
}
