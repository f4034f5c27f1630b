import { isUniqueViolation, ProblemException, queryRows, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { parse as parseUuid, v7 as uuidv7 } from 'uuid';
import { DataSource, type EntityManager } from 'typeorm';
import { AccountsRepository, ReauthenticationService } from '../../accounts/index.ts';
import { ipKey, RateLimitsService, tooManyAttempts, type RateLimit } from '../../rate-limits/index.ts';
import { AuditService, type AuditEventType } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { LoginService, type LoginResult } from '../password/index.ts';
import { Ceremonies } from './ceremonies.ts';
import { ChallengesService } from './challenges.service.ts';
import { Passkey } from './passkey.entity.ts';
import { PasskeysMetrics } from './passkeys.metrics.ts';
import { passkeyInvalid, passkeyNotFound, passkeyRefused, passkeyTaken, tooManyPasskeys } from './passkeys.problems.ts';
import type { PasskeyLogin, PasskeyRegistration, PasskeyView } from './passkeys.schema.ts';

const maxPasskeysPerAccount = 20;
/** Whose login challenges are. */
const anybody = '';

/** Takes a signature's counter, in one atomic statement: it only ever rises, unless the authenticator does not count. */
const countStatement = `
  UPDATE passkey SET counter = $2, last_used_at = now()
  WHERE id = $1 AND (counter < $2 OR counter = 0 AND $2 = 0)
  RETURNING id`;

/** Registers passkeys, logs people in by them, and lets their owners manage them. */
@Injectable()
export class PasskeysService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly ceremonies: Ceremonies,
    private readonly challenges: ChallengesService,
    private readonly accounts: AccountsRepository,
    private readonly reauthentication: ReauthenticationService,
    private readonly logins: LoginService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
    private readonly metrics: PasskeysMetrics,
  ) {}

  /**
   * Begins a registration.
   * @throws ProblemException `password_incorrect`, `too_many_attempts`
   */
  async creationOptions(principal: Principal, password: string) {
    const account = await this.reauthentication.byPassword(principal, password);
    const existing = await this.dataSource.manager.findBy(Passkey, { accountId: account.id });
    return this.ceremonies.creationOptions(this.challenges.issue(account.id), account, existing);
  }

  /**
   * Completes a registration.
   * @throws ProblemException `passkey_refused`, `passkey_taken`, `too_many_passkeys`
   */
  async register(
    { accountId }: Principal,
    registration: PasskeyRegistration,
    context: RequestContext,
  ): Promise<PasskeyView> {
    const info = await this.verifyCreation(accountId, registration);
    if (!info) {
      this.metrics.ceremonies.inc({ ceremony: 'registration', result: 'failed' });
      throw passkeyRefused.exception();
    }
    const passkey = this.dataSource.manager.create(Passkey, {
      id: uuidv7(),
      accountId,
      credentialId: Buffer.from(info.credential.id, 'base64url'),
      publicKey: Buffer.from(info.credential.publicKey),
      counter: String(info.credential.counter),
      transports: registration.credential.response.transports,
      synced: info.credentialDeviceType === 'multiDevice',
      name: registration.name,
      lastUsedAt: null,
    });
    await this.store(passkey, context);
    this.metrics.ceremonies.inc({ ceremony: 'registration', result: 'succeeded' });
    return viewOf(passkey);
  }

  /** Begins a login by any passkey. */
  requestOptions() {
    return this.ceremonies.requestOptions(this.challenges.issue(anybody));
  }

  /**
   * Completes a login. The passkey is something its owner has, and they have proved who they are to it: that is more than
   * one factor.
   * @throws ProblemException `passkey_invalid`, `too_many_attempts`
   */
  async login(login: PasskeyLogin, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    await this.reserve(this.limitOf(context));
    const credentialId = Buffer.from(login.credential.id, 'base64url');
    const passkey = await this.dataSource.manager.findOneBy(Passkey, { credentialId });
    const counter = await this.verifyLogin(login, passkey);
    if (!passkey || counter === undefined) {
      await this.refuse('failed', passkey, context);
      throw passkeyInvalid.exception();
    }
    const signedIn = await this.dataSource.transaction(async (manager) => {
      const account = (await this.count(manager, passkey, counter))
        ? await this.accounts.findById(manager, passkey.accountId)
        : undefined;
      if (!account) {
        return undefined;
      }
      await this.rateLimits.refund(manager, this.limitOf(context));
      const amr = [passkey.synced ? 'swk' : 'hwk', 'user', 'mfa'];
      return this.logins.complete(manager, { account, method: 'passkey', amr, cookies }, context);
    });
    if (!signedIn) {
      await this.refuse('cloned', passkey, context);
      throw passkeyInvalid.exception();
    }
    this.metrics.ceremonies.inc({ ceremony: 'login', result: 'succeeded' });
    return signedIn;
  }

  /** Deletes all passkeys of an account in the caller's transaction. Neither audits it nor ends sessions. */
  async removeAll(manager: EntityManager, accountId: string): Promise<void> {
    await manager.delete(Passkey, { accountId });
  }

  async list({ accountId }: Principal): Promise<{ passkeys: PasskeyView[] }> {
    const passkeys = await this.dataSource.manager.find(Passkey, { where: { accountId }, order: { id: 'ASC' } });
    return { passkeys: passkeys.map(viewOf) };
  }

  /** @throws ProblemException `passkey_not_found` */
  async rename({ accountId }: Principal, id: string, name: string, context: RequestContext): Promise<PasskeyView> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(Passkey, { id, accountId }, { name });
      if (affected === 0) {
        throw passkeyNotFound.exception();
      }
      await this.record(manager, context, 'passkey.renamed', accountId, id);
      return viewOf(await manager.findOneByOrFail(Passkey, { id }));
    });
  }

  /** @throws ProblemException `password_incorrect`, `passkey_not_found`, `too_many_attempts` */
  async remove(principal: Principal, id: string, password: string, context: RequestContext): Promise<void> {
    const account = await this.reauthentication.byPassword(principal, password);
    await this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(Passkey, { id, accountId: account.id });
      if (affected === 0) {
        throw passkeyNotFound.exception();
      }
      await this.record(manager, context, 'passkey.deleted', account.id, id);
    });
  }

  /** Deletes challenges that have expired, `limit` at most, and says how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.challenges.purge(manager, limit);
  }

  private async verifyCreation(accountId: string, registration: PasskeyRegistration) {
    const challenge = this.ceremonies.challengeOf(registration.credential);
    if (challenge === undefined || !(await this.challenges.consume(this.dataSource, challenge, accountId))) {
      return undefined;
    }
    return this.ceremonies.verifyCreation(registration, challenge);
  }

  private async verifyLogin(login: PasskeyLogin, passkey: Passkey | null): Promise<number | undefined> {
    const challenge = this.ceremonies.challengeOf(login.credential);
    if (challenge === undefined || !(await this.challenges.consume(this.dataSource, challenge, anybody))) {
      return undefined;
    }
    const { userHandle } = login.credential.response;
    return passkey && isHandleOf(passkey, userHandle)
      ? this.ceremonies.verifyLogin(login, challenge, passkey)
      : undefined;
  }

  /** Whether the counter rose; if it did not, there are two of a passkey that there should be one of. */
  private async count(manager: EntityManager, passkey: Passkey, counter: number): Promise<boolean> {
    return (await queryRows(manager, countStatement, [passkey.id, counter])).length > 0;
  }

  private async store(passkey: Passkey, context: RequestContext): Promise<void> {
    const { accountId, id } = passkey;
    try {
      await this.dataSource.transaction(async (manager) => {
        // registrations of one account one after the other, so that none slips past the count
        await manager.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [accountId]);
        if ((await manager.countBy(Passkey, { accountId })) >= maxPasskeysPerAccount) {
          throw tooManyPasskeys.exception();
        }
        await manager.insert(Passkey, passkey);
        await this.record(manager, context, 'passkey.registered', accountId, id);
      });
    } catch (error) {
      throw isUniqueViolation(error, 'passkey_credential_id_key') ? passkeyTaken.exception() : error;
    }
  }

  private async refuse(result: 'failed' | 'cloned', passkey: Passkey | null, context: RequestContext): Promise<void> {
    this.metrics.ceremonies.inc({ ceremony: 'login', result });
    await this.audit.record(this.dataSource.manager, context, {
      type: result === 'cloned' ? 'passkey.cloned' : 'login.failed',
      subjectId: passkey?.accountId ?? null,
      detail: passkey ? { passkey_id: passkey.id } : {},
    });
  }

  private async reserve(limit: RateLimit): Promise<void> {
    try {
      await this.rateLimits.consume(limit);
    } catch (error) {
      if (error instanceof ProblemException && error.problem === tooManyAttempts) {
        this.metrics.ceremonies.inc({ ceremony: 'login', result: 'throttled' });
      }
      throw error;
    }
  }

  private limitOf({ address }: RequestContext): RateLimit {
    return { key: `passkey:address:${ipKey(address)}`, burst: this.config.LOGIN_ADDRESS_BURST };
  }

  private async record(
    manager: EntityManager,
    context: RequestContext,
    type: AuditEventType,
    accountId: string,
    passkeyId: string,
  ): Promise<void> {
    await this.audit.record(manager, context, {
      type,
      actorId: accountId,
      subjectId: accountId,
      detail: { passkey_id: passkeyId },
    });
  }
}

/** An authenticator names the account that it made the credential for (Web Authentication Level 3 §7.2). */
function isHandleOf({ accountId }: Passkey, userHandle: string | null | undefined): boolean {
  return typeof userHandle === 'string' && Buffer.from(userHandle, 'base64url').equals(parseUuid(accountId));
}

function viewOf(passkey: Passkey): PasskeyView {
  return {
    id: passkey.id,
    name: passkey.name,
    synced: passkey.synced,
    created_at: passkey.createdAt.toISOString(),
    last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
  };
}
