import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { PasswordsService } from '../../passwords/index.ts';
import { ownerKeys, RateLimitsService } from '../../rate-limits/index.ts';
import { AccountAccessService, AccountPasswordsService, MailboxProofsService } from '../index.ts';

/** Sets a new password for owners who have forgotten theirs. */
@Injectable()
export class PasswordResetService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly access: AccountAccessService,
    private readonly accountPasswords: AccountPasswordsService,
    private readonly mailboxProofs: MailboxProofsService,
    private readonly passwords: PasswordsService,
    private readonly rateLimits: RateLimitsService,
  ) {}

  /**
   * Consumes the link's token, sets the password, and ends all sessions and what is pending. A rejected password does not use up
   * the token. The token also verifies the e-mail address, because the link was sent there. The account's limits of failed
   * logins, codes and passwords are reset, so that the owner can log in at once.
   * @throws ProblemException `one_time_token_invalid`, `password_too_weak`, `password_breached`, `password_reused`,
   *   `hash_queue_full`
   */
  async confirm(token: string, password: string, context: RequestContext): Promise<void> {
    const link = await this.mailboxProofs.read('password_reset', token);
    await this.passwords.assertStrong(password, [link.to]);
    await this.accountPasswords.assertNotRetired(link.accountId, password);
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.transaction(async (manager) => {
      const { account, isTakeover } = await this.mailboxProofs.byLink(manager, link, context);
      if (!isTakeover) {
        await this.access.revoke(manager, account.id, context);
      }
      await this.accountPasswords.set(manager, account, passwordHash, context);
      for (const key of ownerKeys(account)) {
        await this.rateLimits.reset(manager, { key });
      }
    });
  }
}
