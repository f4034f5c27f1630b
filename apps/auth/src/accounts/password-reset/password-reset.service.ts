import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { PasswordsService } from '../../passwords/index.ts';
import { SessionsService } from '../../sessions/index.ts';
import { AccountPasswordsService, AccountsRepository } from '../index.ts';

/** Sets a new password for owners who have forgotten theirs. */
@Injectable()
export class PasswordResetService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly accountPasswords: AccountPasswordsService,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokensService,
  ) {}

  /**
   * Consumes the link's token, sets the password and ends all sessions. A rejected password does not use up the token.
   * The token also verifies the e-mail address, because the link was sent there.
   * @throws ProblemException `one_time_token_invalid`, `password_too_weak`, `password_breached`, `hash_queue_full`
   */
  async confirm(token: string, password: string, context: RequestContext): Promise<void> {
    const claim = await this.tokens.peek('password_reset', token);
    if (!claim) {
      throw oneTimeTokenInvalid.exception();
    }
    const email = String(claim.detail['to']);
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'password_reset', token);
      if (!proof || !(await this.accounts.markVerified(manager, proof.accountId, email))) {
        throw oneTimeTokenInvalid.exception();
      }
      await this.accountPasswords.set(manager, { id: proof.accountId, email }, passwordHash, context);
      await this.tokens.revoke(manager, 'password_reset', proof.accountId);
      await this.sessions.revokeAllOf(manager, proof.accountId, context);
    });
  }
}
