import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsService } from '../index.ts';
import { EmailVerificationService } from '../email-verification/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { PasswordsService } from '../../passwords/index.ts';
import { SessionsService } from '../../sessions/index.ts';

/** Sets a new password for those who have lost theirs. */
@Injectable()
export class PasswordResetService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsService,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokensService,
    private readonly verification: EmailVerificationService,
  ) {}

  /**
   * Takes the link's token, sets the password and ends all sessions. A password that is refused leaves the token good.
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
      if (!proof || !(await this.verification.markVerified(manager, proof.accountId, email))) {
        throw oneTimeTokenInvalid.exception();
      }
      await this.accounts.setPassword(manager, { id: proof.accountId, email }, passwordHash, context);
      await this.tokens.revoke(manager, 'password_reset', proof.accountId);
      await this.sessions.revokeAllOf(manager, proof.accountId, context);
    });
  }
}
