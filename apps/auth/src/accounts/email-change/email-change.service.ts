import { isUniqueViolation, problems, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { EmailLinksService } from '../../email/links/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { MailService } from '../../email/outbox/index.ts';
import { RateLimitsService } from '../../rate-limits/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import {
  AccountAccessService,
  AccountsRepository,
  emailTaken,
  KnownDevicesService,
  NoticesService,
  ReauthenticationService,
} from '../index.ts';
import type { EmailChange, EmailChangeConfirmation } from './email-change.schema.ts';

const requestBurst = 5;

/** Changes an account's e-mail address, once its owner has proved to receive mail at the new one. */
@Injectable()
export class EmailChangeService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'CONCEAL_TAKEN_EMAILS'>,
    private readonly accounts: AccountsRepository,
    private readonly access: AccountAccessService,
    private readonly knownDevices: KnownDevicesService,
    private readonly sessions: SessionsService,
    private readonly reauthentication: ReauthenticationService,
    private readonly links: EmailLinksService,
    private readonly tokens: OneTimeTokensService,
    private readonly mails: MailService,
    private readonly notices: NoticesService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends the link to the new e-mail address and a notice to the old one. The response does not tell whether another
   * account has the new one. With `CONCEAL_TAKEN_EMAILS` the owner of that account gets another mail instead of the link, and
   * the same is stored about the caller's: its owner's export does not tell either.
   * @throws ProblemException `password_incorrect`, `reauthentication_required`, `too_many_attempts`, `hash_queue_full`,
   *   `mail_off`, `token_invalid`
   */
  async request(
    principal: Principal,
    { email: newEmail, password }: EmailChange,
    context: RequestContext,
  ): Promise<void> {
    this.mails.assertEnabled();
    const account = await this.reauthentication.prove(principal, password);
    const { id } = account;
    await this.rateLimits.consume({ key: `email_change:account:${id}`, burst: requestBurst });
    await this.dataSource.transaction(async (manager) => {
      await this.reauthentication.assertCurrent(manager, principal, account);
      await this.tokens.revoke(manager, 'email_change', id);
      const taken = this.config.CONCEAL_TAKEN_EMAILS ? await this.accounts.findByEmail(manager, newEmail) : undefined;
      const instead = taken && taken.id !== id ? { template: 'account_exists' as const, account: taken } : undefined;
      await this.links.send(manager, 'email_change', account, context, newEmail, instead);
      await this.notices.send(manager, id, 'email_change_notice', context, { variables: { new_email: newEmail } });
      await this.audit.record(manager, context, { type: 'email.change_requested', actorId: id, subjectId: id });
    });
  }

  /**
   * Consumes the link's token and changes the e-mail address. What is pending ends, such as links sent to the old one. The caller
   * must hold the account: the link may have reached a person who does not, by a typing error or by the intention to make them the
   * owner of an account that others open.
   * @param caller whose access token the request has
   * @param cookies the request's `cookie` header, which may identify a known device
   * @returns a `set-cookie` header by which a known device stays known
   * @throws ProblemException `one_time_token_invalid`, `email_taken`, `reauthentication_required`, `password_incorrect`,
   *   `too_many_attempts`, `hash_queue_full`, `token_invalid`
   */
  async confirm(
    { token, password }: EmailChangeConfirmation,
    caller: Principal | undefined,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<string | undefined> {
    const link = await this.tokens.peek('email_change', token);
    if (!link) {
      throw oneTimeTokenInvalid.exception();
    }
    const { accountId: id } = link;
    if (password === undefined && caller?.accountId !== id) {
      throw problems.reauthenticationRequired.exception();
    }
    const proved = password === undefined ? undefined : await this.reauthentication.byPassword(link, password);
    try {
      return await this.dataSource.transaction(async (manager) => {
        // the account first, as acts that end its tokens do
        const account = await this.accounts.lock(manager, id);
        if (!account || (proved && proved.securityEpoch !== account.securityEpoch)) {
          throw oneTimeTokenInvalid.exception();
        }
        if (caller?.accountId === id) {
          await this.sessions.assertActive(manager, caller);
        }
        await this.change(manager, id, token, context);
        await this.access.endPending(manager, id);
        await this.audit.record(manager, context, { type: 'email.changed', actorId: id, subjectId: id });
        return this.knownDevices.keep(manager, account, cookies);
      });
    } catch (error) {
      throw isUniqueViolation(error, 'account_email_key') ? emailTaken.exception() : error;
    }
  }

  private async change(manager: EntityManager, id: string, token: string, context: RequestContext): Promise<void> {
    const proof = await this.tokens.consume(manager, 'email_change', token);
    if (!proof) {
      throw oneTimeTokenInvalid.exception();
    }
    const { email, to } = proof.detail as { email: string; to: string };
    const before = await this.accounts.findDetails(manager, id);
    if (!before || !(await this.accounts.changeEmail(manager, id, email, to))) {
      throw oneTimeTokenInvalid.exception();
    }
    const variables = { email: before.email, new_email: to };
    for (const recipient of [before, { ...before, email: to, emailVerifiedAt: new Date() }]) {
      await this.notices.sendTo(manager, recipient, 'email_changed', context, { variables });
    }
  }
}
