import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailService, type MailVariables } from '../email/outbox/index.ts';
import { localeOf, type NoticeTemplate } from '../texts/index.ts';
import { ipKey } from '../rate-limits/index.ts';
import { deviceName, type Device } from '../sessions/index.ts';
import type { AccountDetails } from './account.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** What a notice tells beyond its template. */
interface NoticeFacts {
  /** Further variables of the template; `email` and `time` are set already. */
  variables?: MailVariables;
  /** What the notice is about: a second one about the same is not sent within a day. */
  oncePerDay?: string;
}

/** What the notice `new_device` tells, once a day of what looks like the same device. */
export function newDeviceFacts({ address, userAgent }: Device): NoticeFacts {
  const device = deviceName(userAgent);
  return { variables: { device, address }, oncePerDay: `${device} ${ipKey(address)}` };
}

/** Whom a notice goes to. */
type NoticeRecipient = Pick<AccountDetails, 'email' | 'emailVerifiedAt' | 'locale'> & { id: string | null };

/** Tells owners of accounts by e-mail what happened to their account. */
@Injectable()
export class NoticesService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly mails: MailService,
  ) {}

  /**
   * Sends a notice to an account's e-mail address, in the caller's transaction. Sends none to an unverified one: it may be
   * somebody else's.
   * @param context the request whose `accept-language` selects the language, if none is stored for the account
   */
  async send(
    manager: EntityManager,
    accountId: string,
    template: NoticeTemplate,
    context: RequestContext,
    facts?: NoticeFacts,
  ): Promise<void> {
    const account = this.mails.enabled ? await this.accounts.findDetails(manager, accountId) : undefined;
    if (account) {
      await this.sendTo(manager, account, template, context, facts);
    }
  }

  /**
   * Does what {@link send} does, to an account as it was before a change.
   * @param recipient its id is null if the account is deleted
   */
  async sendTo(
    manager: EntityManager,
    { id, email, emailVerifiedAt, locale }: NoticeRecipient,
    template: NoticeTemplate,
    context: RequestContext,
    { variables, oncePerDay }: NoticeFacts = {},
  ): Promise<void> {
    if (emailVerifiedAt) {
      await this.mails.send(manager, {
        accountId: id,
        to: email,
        template,
        locale: locale ?? localeOf(context.acceptLanguage),
        variables: { email, time: new Date().toUTCString(), ...variables },
        ...(oncePerDay === undefined ? {} : { oncePerDay: `${String(id)}:${oncePerDay}` }),
      });
    }
  }
}
