import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { SessionsService, type KeptSession, type SessionOwner } from '../sessions/index.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** What opens accounts and another folder stores: credentials of their owners, and consents to applications. */
export interface CredentialStore {
  /** Whether they only ever complete a login that has begun with another credential. */
  isSecondFactor: boolean;
  /**
   * Removes those of one account, in the caller's transaction, which has locked the account.
   * @param options.isForced whether an admin distrusts them: then only the owner may add them again
   */
  removeAll: (manager: EntityManager, accountId: string, options: { isForced: boolean }) => Promise<unknown>;
  /** Removes those that are being added and wait for a confirmation, in the same way. */
  removePending?: (manager: EntityManager, accountId: string) => Promise<unknown>;
}

/** What to end. Sessions and pending one-time tokens always end. */
interface Revocation {
  /** The account that asks for it, if it is not the owner. */
  actorId?: string;
  /** The session that stays. */
  keepSession?: KeptSession;
  /** Which credentials end: all of them, those that begin a login, or none. */
  credentials?: 'all' | 'first_factors';
}

/** Ends what opens an account. */
@Injectable()
export class AccountAccessService {
  private readonly stores: CredentialStore[] = [];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly sessions: SessionsService,
  ) {}

  /** Makes {@link revoke} remove these credentials too. */
  register(store: CredentialStore): void {
    this.stores.push(store);
  }

  /**
   * Ends the sessions and the pending one-time tokens of an account, and the credentials if that is wanted, in the caller's
   * transaction. Logins and changes under way fail. The caller audits why.
   */
  async revoke(
    manager: EntityManager,
    accountId: string,
    context: RequestContext,
    { actorId = accountId, keepSession, credentials }: Revocation = {},
  ): Promise<void> {
    await this.endPending(manager, accountId);
    await this.sessions.revokeAllOf(manager, accountId, context, { actorId, except: keepSession });
    if (credentials) {
      await this.accounts.removePassword(manager, accountId);
      for (const store of this.stores) {
        if (credentials === 'all' || !store.isSecondFactor) {
          await store.removeAll(manager, accountId, { isForced: credentials === 'first_factors' });
        }
      }
    }
  }

  /**
   * Ends what is under way for an account, in the caller's transaction: logins, changes, credentials that are being added, and
   * one-time tokens except those that verify its e-mail address. Locks the account, so it comes before anything that belongs to
   * the account.
   */
  async endPending(manager: EntityManager, accountId: string): Promise<void> {
    await this.accounts.raiseEpoch(manager, accountId);
    await this.oneTimeTokens.revokeAllBut(manager, 'email_verification', accountId);
    for (const store of this.stores) {
      await store.removePending?.(manager, accountId);
    }
  }

  /**
   * Ends all sessions and pending one-time tokens of an account, also those that verify its e-mail address, by its owner's wish.
   * @throws ProblemException `token_invalid`
   */
  logOutEverywhere(owner: SessionOwner, context: RequestContext): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      await this.sessions.lockActive(manager, owner);
      await this.revoke(manager, owner.accountId, context);
      await this.oneTimeTokens.revoke(manager, 'email_verification', owner.accountId);
    });
  }
}
