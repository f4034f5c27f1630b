import { isUniqueViolation, type Principal, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import {
  AccountAccessService,
  AccountsRepository,
  NoticesService,
  ReauthenticationService,
  type CredentialStore,
  type StoredAccount,
} from '../../accounts/index.ts';
import { AuditService, type AuditEventType } from '../../audit/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { lastLoginMethod, LoginRepository } from '../index.ts';
import { Ceremonies } from './ceremonies.ts';
import { ChallengesService } from './challenges.service.ts';
import { passkeyRegistrations } from './passkeys.metrics.ts';
import { passkeyNotFound, passkeyRefused, passkeyTaken, tooManyPasskeys } from './passkeys.problems.ts';
import type { Passkey } from './passkey.entity.ts';
import { PasskeysRepository } from './passkeys.repository.ts';
import type { PasskeyRegistration, PasskeyView } from './passkeys.schema.ts';

const maxPasskeysPerAccount = 20;

/** Lets owners of accounts register, list, rename and delete passkeys. */
@Injectable()
export class PasskeysService implements CredentialStore {
  readonly isSecondFactor = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly passkeys: PasskeysRepository,
    private readonly ceremonies: Ceremonies,
    private readonly challenges: ChallengesService,
    private readonly accounts: AccountsRepository,
    private readonly logins: LoginRepository,
    private readonly notices: NoticesService,
    private readonly reauthentication: ReauthenticationService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    access: AccountAccessService,
  ) {
    access.register(this);
  }

  /**
   * Begins a registration.
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `too_many_attempts`
   */
  async creationOptions(principal: Principal, password: string | undefined) {
    const account = await this.reauthentication.prove(principal, password);
    const existing = await this.passkeys.list(account.id);
    return this.ceremonies.creationOptions(this.challenges.issue(ownerOf(account)), account, existing);
  }

  /**
   * Completes a registration, unless what was under way for the account has ended since it began.
   * @throws ProblemException `passkey_refused`, `passkey_taken`, `too_many_passkeys`, `token_invalid`
   */
  async register(
    principal: Principal,
    registration: PasskeyRegistration,
    context: RequestContext,
  ): Promise<PasskeyView> {
    const account = await this.accounts.findById(this.dataSource, principal.accountId);
    const info = account && (await this.verify(ownerOf(account), registration));
    if (!info) {
      throw refused();
    }
    const accountId = account.id;
    const passkey = await this.store(
      principal,
      account,
      {
        id: uuidv7(),
        accountId,
        credentialId: Buffer.from(info.credential.id, 'base64url'),
        publicKey: Buffer.from(info.credential.publicKey),
        counter: String(info.credential.counter),
        transports: registration.credential.response.transports,
        synced: info.credentialDeviceType === 'multiDevice',
        name: registration.name,
      },
      context,
    );
    passkeyRegistrations.inc({ ceremony: 'registration', result: 'succeeded' });
    return viewOf(passkey);
  }

  /** The passkeys of an account. */
  async list(accountId: string): Promise<{ passkeys: PasskeyView[] }> {
    const passkeys = await this.passkeys.list(accountId);
    return { passkeys: passkeys.map(viewOf) };
  }

  /** @throws ProblemException `passkey_not_found`, `token_invalid` */
  async rename(principal: Principal, id: string, name: string, context: RequestContext): Promise<PasskeyView> {
    return this.dataSource.transaction(async (manager) => {
      await this.sessions.lockActive(manager, principal);
      const passkey = await this.passkeys.rename(manager, principal.accountId, id, name);
      if (!passkey) {
        throw passkeyNotFound.exception();
      }
      await this.record(manager, context, 'passkey.renamed', passkey);
      return viewOf(passkey);
    });
  }

  /**
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `passkey_not_found`, `last_login_method`,
   *   `too_many_attempts`, `token_invalid`
   */
  async remove(principal: Principal, id: string, password: string | undefined, context: RequestContext): Promise<void> {
    const account = await this.reauthentication.prove(principal, password);
    const accountId = account.id;
    await this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      if (!(await this.logins.removePasskey(manager, id, accountId))) {
        const exists = await this.passkeys.exists(manager, accountId, id);
        throw (exists ? lastLoginMethod : passkeyNotFound).exception();
      }
      await this.record(manager, context, 'passkey.deleted', { id, accountId });
      await this.notices.send(manager, accountId, 'passkey_removed', context);
    });
  }

  /**
   * Removes a passkey in the caller's transaction, even if it is the account's last way to log in. The caller audits it.
   * @throws ProblemException `passkey_not_found`
   */
  async removeOne(manager: EntityManager, accountId: string, id: string): Promise<void> {
    if (!(await this.passkeys.remove(manager, accountId, id))) {
      throw passkeyNotFound.exception();
    }
  }

  /** Removes all passkeys of an account, in the caller's transaction. The caller audits it, and ends the sessions. */
  removeAll(manager: EntityManager, accountId: string): Promise<void> {
    return this.passkeys.removeAll(manager, accountId);
  }

  /** Deletes used challenges that have expired, `limit` at most, and returns how many. */
  purge(manager: EntityManager, limit: number): Promise<number> {
    return this.challenges.purge(manager, limit);
  }

  private async verify(owner: string, registration: PasskeyRegistration) {
    const challenge = this.ceremonies.challengeOf(registration.credential);
    if (challenge === undefined || !(await this.challenges.consume(challenge, owner))) {
      return undefined;
    }
    return this.ceremonies.verifyCreation(registration, challenge);
  }

  private async store(
    principal: Principal,
    { id: accountId, securityEpoch }: StoredAccount,
    passkey: Parameters<PasskeysRepository['insert']>[1],
    context: RequestContext,
  ): Promise<Passkey> {
    try {
      return await this.dataSource.transaction(async (manager) => {
        // serialises the registrations of one account, so that concurrent ones don't exceed the limit
        const current = await this.accounts.lock(manager, accountId);
        await this.sessions.assertActive(manager, principal);
        if (current?.securityEpoch !== securityEpoch) {
          throw refused();
        }
        if ((await this.passkeys.count(manager, accountId)) >= maxPasskeysPerAccount) {
          throw tooManyPasskeys.exception();
        }
        const inserted = await this.passkeys.insert(manager, passkey);
        await this.record(manager, context, 'passkey.registered', inserted);
        await this.notices.send(manager, accountId, 'passkey_added', context);
        return inserted;
      });
    } catch (error) {
      throw isUniqueViolation(error, 'passkey_credential_id_key') ? passkeyTaken.exception() : error;
    }
  }

  private async record(
    manager: EntityManager,
    context: RequestContext,
    type: AuditEventType,
    { id, accountId }: Pick<Passkey, 'id' | 'accountId'>,
  ): Promise<void> {
    const ids = { actorId: accountId, subjectId: accountId };
    await this.audit.record(manager, context, { type, ...ids, detail: { passkey_id: id } });
  }
}

/** The owner of a registration's challenge: what ends everything that is under way for the account ends it too. */
const ownerOf = ({ id, securityEpoch }: StoredAccount) => `${id} ${securityEpoch}`;

function refused(): Error {
  passkeyRegistrations.inc({ ceremony: 'registration', result: 'failed' });
  return passkeyRefused.exception();
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
