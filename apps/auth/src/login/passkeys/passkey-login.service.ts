import { ProblemException, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { parse as parseUuid } from 'uuid';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, type StoredAccount } from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { ipKey, RateLimitsService, tooManyAttempts, type RateLimit } from '../../rate-limits/index.ts';
import { SessionsService, type SessionOwner } from '../../sessions/index.ts';
import { emailUnverified, LoginCompletionService, type LoginResult } from '../completion/index.ts';
import { Ceremonies } from './ceremonies.ts';
import { ChallengesService } from './challenges.service.ts';
import { passkeyLogins } from './passkeys.metrics.ts';
import { passkeyInvalid } from './passkeys.problems.ts';
import type { Passkey } from './passkey.entity.ts';
import { PasskeysRepository } from './passkeys.repository.ts';
import type { PasskeyLogin } from './passkeys.schema.ts';

/** The owner of a login's challenge: the account is not yet known. */
const noOwner = '';

/** Logs people in by passkey, and lets them prove by one who they are within a session. */
@Injectable()
export class PasskeyLoginService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'LOGIN_ADDRESS_BURST'>,
    private readonly passkeys: PasskeysRepository,
    private readonly ceremonies: Ceremonies,
    private readonly challenges: ChallengesService,
    private readonly accounts: AccountsRepository,
    private readonly completion: LoginCompletionService,
    private readonly sessions: SessionsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /** Begins a login by any passkey. */
  requestOptions() {
    return this.ceremonies.requestOptions(this.challenges.issue(noOwner));
  }

  /**
   * Completes a login.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @throws ProblemException `passkey_invalid`, `sign_in_refused`, `email_unverified`, `too_many_attempts`
   */
  login(login: PasskeyLogin, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    return this.prove(login, context, undefined, (manager, account, amr) =>
      this.completion.complete(manager, { account, method: 'passkey', amr, cookies }, context),
    );
  }

  /**
   * Verifies a passkey of a session's owner, and sets the session's time of authentication to now.
   * @param proceed runs in the same transaction, which it undoes if it throws
   * @throws ProblemException `passkey_invalid`, `token_invalid`, `too_many_attempts`
   */
  stepUp<T>(
    login: PasskeyLogin,
    { accountId, sessionId }: SessionOwner,
    context: RequestContext,
    proceed: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return this.prove(login, context, accountId, async (manager, _account, amr) => {
      await this.sessions.renew(manager, { accountId, sessionId }, amr);
      const ids = { actorId: accountId, subjectId: accountId };
      await this.audit.record(manager, context, { type: 'mfa.stepped_up', ...ids, detail: { session_id: sessionId } });
      return proceed(manager);
    });
  }

  /**
   * Verifies a passkey. It counts as more than one factor: its owner has it, and the authenticator has verified the owner.
   * @param ownerId the account whose passkey it must be; undefined if it may be any
   * @param proceed gets the locked account and the authentication methods (RFC 8176), in the transaction that uses the passkey
   */
  private async prove<T>(
    login: PasskeyLogin,
    context: RequestContext,
    ownerId: string | undefined,
    proceed: (manager: EntityManager, account: StoredAccount, amr: string[]) => Promise<T>,
  ): Promise<T> {
    const limit = this.limitOf(context);
    await this.consume(limit);
    const passkey = await this.passkeys.findByCredentialId(Buffer.from(login.credential.id, 'base64url'));
    const counter = await this.verify(login, passkey);
    if (!passkey || counter === undefined || (ownerId !== undefined && passkey.accountId !== ownerId)) {
      await this.refuse('failed', passkey, context);
      throw passkeyInvalid.exception();
    }
    const completed = this.dataSource.transaction(async (manager) => {
      // the account before its passkeys, as acts that remove them do
      const account = await this.accounts.lock(manager, passkey.accountId);
      if (!account || !(await this.passkeys.use(manager, passkey.id, counter))) {
        return undefined;
      }
      await this.rateLimits.refund(manager, limit);
      return { proved: await proceed(manager, account, [passkey.synced ? 'swk' : 'hwk', 'user', 'mfa']) };
    });
    const result = await completed.catch(async (error: unknown) => {
      if (error instanceof ProblemException && error.problem === emailUnverified) {
        await this.refuse('failed', passkey, context);
      }
      throw error;
    });
    if (!result) {
      // unless it has been removed meanwhile, a counter that does not rise means that the passkey exists twice
      const exists = await this.passkeys.findByCredentialId(passkey.credentialId);
      await this.refuse(exists ? 'cloned' : 'failed', passkey, context);
      throw passkeyInvalid.exception();
    }
    passkeyLogins.inc({ ceremony: 'login', result: 'succeeded' });
    return result.proved;
  }

  /** The signature counter; undefined if the challenge, the user handle or the signature is not valid. */
  private async verify(login: PasskeyLogin, passkey: Passkey | undefined): Promise<number | undefined> {
    const challenge = this.ceremonies.challengeOf(login.credential);
    if (challenge === undefined || !(await this.challenges.consume(challenge, noOwner))) {
      return undefined;
    }
    const { userHandle } = login.credential.response;
    return passkey && isHandleOf(passkey, userHandle)
      ? this.ceremonies.verifyLogin(login, challenge, passkey)
      : undefined;
  }

  private async refuse(
    result: 'failed' | 'cloned',
    passkey: Passkey | undefined,
    context: RequestContext,
  ): Promise<void> {
    passkeyLogins.inc({ ceremony: 'login', result });
    await this.audit.record(this.dataSource.manager, context, {
      type: result === 'cloned' ? 'passkey.cloned' : 'login.failed',
      subjectId: passkey?.accountId ?? null,
      detail: passkey ? { passkey_id: passkey.id } : {},
    });
  }

  private async consume(limit: RateLimit): Promise<void> {
    try {
      await this.rateLimits.consume(limit);
    } catch (error) {
      if (error instanceof ProblemException && error.problem === tooManyAttempts) {
        passkeyLogins.inc({ ceremony: 'login', result: 'throttled' });
      }
      throw error;
    }
  }

  private limitOf({ address: ipAddress }: RequestContext): RateLimit {
    return { key: `passkey:address:${ipKey(ipAddress)}`, burst: this.config.LOGIN_ADDRESS_BURST };
  }
}

/** Whether the user handle is the account for which the passkey was created (Web Authentication Level 3 §7.2). */
function isHandleOf({ accountId }: Passkey, userHandle: string | null | undefined): boolean {
  return typeof userHandle === 'string' && Buffer.from(userHandle, 'base64url').equals(parseUuid(accountId));
}
