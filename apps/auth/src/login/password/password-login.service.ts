import { counter, ProblemException, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountPasswordsService } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { hashQueueFull, PasswordsService } from '../../passwords/index.ts';
import {
  ipKey,
  knownDevicesFactor,
  loginKeys,
  RateLimitsService,
  tooManyAttempts,
  type LoginLimits,
} from '../../rate-limits/index.ts';
import { LoginCompletionService, loginResults, type LoginResult } from '../completion/index.ts';
import { DeviceCookie, type PresentedDevice } from '../../sessions/device-cookie/index.ts';
import { LoginRepository, type ClaimedAccount } from '../index.ts';
import { credentialsInvalid } from './password-login.problems.ts';
import type { Credentials } from './password-login.schema.ts';

const hashUpgrades = counter({
  name: 'auth_hash_upgrades_total',
  help: 'Password hashes that a login replaced by one with the current parameters, by their former algorithm',
  labels: { from: [] },
});

/** A login that has been counted. */
interface Claim {
  limits: LoginLimits;
  account: ClaimedAccount | undefined;
}

/** Logs people in by e-mail address and password. */
@Injectable()
export class PasswordLoginService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG)
    private readonly config: Pick<AuthConfig, 'CONCEAL_TAKEN_EMAILS' | 'LOGIN_ACCOUNT_BURST' | 'LOGIN_ADDRESS_BURST'>,
    private readonly logins: LoginRepository,
    private readonly completion: LoginCompletionService,
    private readonly passwords: PasswordsService,
    private readonly accountPasswords: AccountPasswordsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly devices: DeviceCookie,
  ) {}

  /**
   * Starts a session, or asks for a second factor. An unknown e-mail address costs the same work, and gets the same response,
   * as a wrong password. With `CONCEAL_TAKEN_EMAILS` an unverified one does as well: otherwise a person who has just registered
   * would learn that the e-mail address was free.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @throws ProblemException `credentials_invalid`, `sign_in_refused`, `email_unverified`, `too_many_attempts`, `hash_queue_full`
   */
  async login(credentials: Credentials, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    const { email } = credentials;
    const { limits, account } = await this.claim(email, this.devices.read(cookies, email), context.address);
    const isCorrect = await this.verify(account, credentials, limits);
    if (!isCorrect || !account) {
      const subjectId = account?.id ?? null;
      await this.audit.record(this.dataSource.manager, context, { type: 'login.failed', subjectId });
      loginResults.inc({ result: 'failed' });
      throw credentialsInvalid.exception();
    }
    const { passwordSince } = account;
    return this.completion.completeAlone(
      { account, method: 'password', amr: ['pwd'], passwordSince, cookies, limits },
      context,
    );
  }

  /** Of a known device: its own, and that of all known devices of the account, so that many cookies allow few guesses. */
  private deviceLimits(email: string, { id }: PresentedDevice): LoginLimits {
    const burst = this.config.LOGIN_ACCOUNT_BURST;
    return {
      account: { key: loginKeys.device(email, id), burst },
      knownDevices: { key: loginKeys.knownDevices(email), burst: burst * knownDevicesFactor },
    };
  }

  /** Of all other devices together: that of the account; and that of their IP address. */
  private accountLimits(email: string, ipAddress: string): LoginLimits {
    const burst = this.config.LOGIN_ACCOUNT_BURST;
    return {
      account: { key: loginKeys.account(email), burst },
      ip: { key: `login:address:${ipKey(ipAddress)}`, burst: this.config.LOGIN_ADDRESS_BURST },
    };
  }

  /**
   * Counts the attempt and loads the account. Rejects first if the hash queue is full, so that overload stays cheap.
   * @returns the limits that counted it, and the account if one has the e-mail address
   */
  private async claim(email: string, device: PresentedDevice | undefined, ipAddress: string): Promise<Claim> {
    try {
      return await this.passwords.holdPlace(async () => {
        const { blocked, ...claim } =
          (device && (await this.claimOnDevice(email, device))) ?? (await this.claimElsewhere(email, ipAddress));
        await this.rateLimits.assertNotBlocked(blocked);
        return claim;
      });
    } catch (error) {
      const problem = error instanceof ProblemException ? error.problem : undefined;
      if (problem === tooManyAttempts) {
        loginResults.inc({ result: 'throttled' });
      } else if (problem === hashQueueFull) {
        loginResults.inc({ result: 'unavailable' });
      }
      throw error;
    }
  }

  /** @returns undefined if the account does not know the device any more */
  private async claimOnDevice(email: string, device: PresentedDevice) {
    const limits = this.deviceLimits(email, device);
    const claimed = await this.logins.claimOnDevice(email, device.securityEpoch, limits);
    return claimed && { ...claimed, limits };
  }

  private async claimElsewhere(email: string, ipAddress: string) {
    const limits = this.accountLimits(email, ipAddress);
    return { ...(await this.logins.claim(email, limits)), limits };
  }

  /**
   * Whether the password is correct; if so, an outdated hash is replaced. With `CONCEAL_TAKEN_EMAILS` an unverified account's is
   * never correct, and takes the same work as that of an unknown e-mail address: a registration does not change it.
   */
  private async verify(
    account: ClaimedAccount | undefined,
    { email, password }: Credentials,
    limits: LoginLimits,
  ): Promise<boolean> {
    try {
      const passwordHash = this.config.CONCEAL_TAKEN_EMAILS && !account?.isVerified ? null : account?.passwordHash;
      const isCorrect = await this.passwords.verify(passwordHash, password, email);
      if (isCorrect && account && passwordHash && this.passwords.isOutdated(passwordHash, password)) {
        await this.accountPasswords.rehash(account, password);
        hashUpgrades.inc({ from: this.passwords.schemeOf(passwordHash) });
      }
      return isCorrect;
    } catch (error) {
      // the service failed, not the caller: the attempt does not count
      loginResults.inc({ result: 'unavailable' });
      await this.rateLimits.refundAll(this.dataSource, limits);
      throw error;
    }
  }
}
