import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService, type OneTimePurpose } from '../email/one-time-tokens/index.ts';
import { statedLocale } from '../texts/index.ts';
import { AccountAccessService } from './account-access.service.ts';
import type { StoredAccount } from './account.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** A person who has proved that they receive mail at an account's e-mail address. */
export interface MailboxProof {
  account: StoredAccount;
  /** Whether everything from before has been removed from the account. */
  isTakeover: boolean;
}

/** A link's token that has been read, but not yet used. */
interface PresentedLink {
  purpose: OneTimePurpose;
  token: string;
  accountId: string;
  /** The e-mail address that the link was sent to. */
  to: string;
}

/**
 * Accepts proofs that a person receives mail at an account's e-mail address. Anybody can register an account with the
 * e-mail address of another person. So the first proof that does not come from the account's present holder removes all that the
 * holder could log in by, the holder's consents to applications, and what the holder has said about the owner. Later proofs remove nothing, not even the first one for an e-mail address that an admin has given to an
 * account that had a verified one: the holder is known, and the mailbox alone must not get past the second factor.
 */
@Injectable()
export class MailboxProofsService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly access: AccountAccessService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Reads the token of a link, outside of a transaction.
   * @throws ProblemException `one_time_token_invalid`
   */
  async read(purpose: OneTimePurpose, token: string): Promise<PresentedLink> {
    const facts = await this.oneTimeTokens.peek(purpose, token);
    if (!facts) {
      throw oneTimeTokenInvalid.exception();
    }
    return { purpose, token, accountId: facts.accountId, to: String(facts.detail['to']) };
  }

  /**
   * Uses a link's token in the caller's transaction, which begins with this: it locks the account.
   * @param isHolder whether the account's present holder brings the token
   * @throws ProblemException `one_time_token_invalid`
   */
  async byLink(
    manager: EntityManager,
    { purpose, token, accountId, to }: PresentedLink,
    context: RequestContext,
    isHolder: (account: StoredAccount) => Promise<boolean> = () => Promise.resolve(false),
  ): Promise<MailboxProof> {
    const account = await this.accounts.lock(manager, accountId);
    const isCurrent = account?.email.toLowerCase() === to.toLowerCase();
    if (!isCurrent || !(await this.oneTimeTokens.consume(manager, purpose, token))) {
      throw oneTimeTokenInvalid.exception();
    }
    return this.accept(manager, account, await isHolder(account), context);
  }

  /**
   * Accepts the word of an identity provider for an e-mail address, in the caller's transaction.
   * @returns undefined if no account has the e-mail address
   */
  async byProvider(manager: EntityManager, email: string, context: RequestContext): Promise<MailboxProof | undefined> {
    const account = await this.accounts.lockByEmail(manager, email);
    return account && this.accept(manager, account, false, context);
  }

  private async accept(
    manager: EntityManager,
    account: StoredAccount,
    isHolder: boolean,
    context: RequestContext,
  ): Promise<MailboxProof> {
    if (account.isVerified) {
      return { account, isTakeover: false };
    }
    await this.accounts.markVerified(manager, account.id);
    if (isHolder || (await this.accounts.wasVerified(manager, account.id))) {
      return { account: { ...account, isVerified: true }, isTakeover: false };
    }
    // before the credentials, by which it knows that there has been a holder
    await this.accounts.clearProfile(manager, account.id, statedLocale(context.acceptLanguage));
    await this.access.revoke(manager, account.id, context, { credentials: 'all' });
    const ids = { actorId: account.id, subjectId: account.id };
    await this.audit.record(manager, context, { type: 'credentials.removed', ...ids });
    // verified, without its credentials, and with its new security epoch
    const current = await this.accounts.lock(manager, account.id);
    return { account: current ?? account, isTakeover: true };
  }
}
