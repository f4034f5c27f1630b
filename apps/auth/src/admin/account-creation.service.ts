import { isUniqueViolation, type Caller, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountDirectoryRepository,
  AccountsRepository,
  adminEmailUnverified,
  adminRequired,
  emailTaken,
  type AccountDetails,
  type Invitee,
  type Role,
} from '../accounts/index.ts';
import { EmailLinksService } from '../email/links/index.ts';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { PasswordsService } from '../passwords/index.ts';
import { mailboxKey, RateLimitsService } from '../rate-limits/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import type { Invitation, NewAccount } from './admin.schema.ts';

/** Below the limit of the outbox, so that each invitation that this lets through is sent. */
const invitationBurst = 5;

/** Creates accounts for other people. */
@Injectable()
export class AccountCreationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly acts: AdminActsService,
    private readonly directory: AccountDirectoryRepository,
    private readonly links: EmailLinksService,
    private readonly mails: MailService,
    private readonly passwords: PasswordsService,
    private readonly rateLimits: RateLimitsService,
    private readonly tokens: OneTimeTokensService,
  ) {}

  /**
   * Creates an account with a password. Its e-mail address is verified if the actor vouches for it, as for an admin's account.
   * @throws ProblemException `email_taken`, `admin_required`, `admin_email_unverified`, `password_too_weak`, `password_breached`,
   *   `hash_queue_full`
   */
  async create(
    { email, password, roles, email_verified: isVerified = roles.includes('admin'), ...profile }: NewAccount,
    actor: Caller,
    context: RequestContext,
  ): Promise<AccountDetails> {
    assertMayGrant(actor, roles, isVerified);
    if (roles.includes('admin') && !isVerified) {
      throw adminEmailUnverified.exception();
    }
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    const insert = async (manager: EntityManager) => {
      const account = await this.accounts.insert(manager, { email, passwordHash, roles, profile });
      return isVerified ? this.accounts.markVerified(manager, account.id) : account;
    };
    try {
      return await this.acts.run({ type: 'account.created', actor, context, event: eventOf }, insert);
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }

  /**
   * Creates an account without a password, and sends its owner a link to set one. An account whose owner has not accepted its
   * invitation yet gets the roles and a new link, and the earlier link ends. An invitation that is rejected leaves the mailbox' limit.
   * @throws ProblemException `email_taken`, `admin_required`, `too_many_attempts`, `mail_off`
   */
  async invite(
    { email, roles, ...profile }: Invitation,
    actor: Caller,
    context: RequestContext,
  ): Promise<AccountDetails> {
    assertMayGrant(actor, roles);
    this.mails.assertEnabled();
    const limit = { key: `invitation:account:${mailboxKey(email)}`, burst: invitationBurst };
    await this.rateLimits.consume(limit);
    try {
      const invited = await this.accounts.findByEmail(this.dataSource, email);
      const act = { type: 'account.invited' as const, actor, context, event: eventOf };
      return await this.acts.run({ ...act, changes: invited ? [invited.id] : [] }, async (manager) => {
        const account = await this.inviteOne(manager, { email, roles, profile }, actor);
        await this.tokens.revoke(manager, 'invitation', account.id);
        await this.links.send(manager, 'invitation', account, context);
        return account;
      });
    } catch (error) {
      await this.rateLimits.refund(this.dataSource, limit);
      throw error;
    }
  }

  /** Decides in one statement: the account may have become an admin's since the act began. */
  private async inviteOne(manager: EntityManager, invitee: Invitee, actor: Caller): Promise<AccountDetails> {
    const isProgram = 'serviceAccountId' in actor;
    const account = await this.directory.invite(manager, invitee, !isProgram);
    if (account) {
      return account;
    }
    const taken = await this.accounts.findByEmail(manager, invitee.email);
    throw (isProgram && taken?.roles.includes('admin') ? adminRequired : emailTaken).exception();
  }
}

/** Requires that a program makes no admin, and vouches for no e-mail address. */
function assertMayGrant(actor: Caller, roles: Role[], isVerified = false): void {
  if ('serviceAccountId' in actor && (isVerified || roles.includes('admin'))) {
    throw adminRequired.exception();
  }
}

const eventOf = ({ id, roles, emailVerifiedAt }: AccountDetails) => ({
  subjectId: id,
  detail: { roles, ...(emailVerifiedAt ? { verified: true } : {}) },
});
