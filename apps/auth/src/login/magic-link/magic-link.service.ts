import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsRepository } from '../../accounts/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { LoginCompletionService, type LoginResult } from '../completion/index.ts';

/** Login with a magic link. */
@Injectable()
export class MagicLinkService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly completion: LoginCompletionService,
    private readonly tokens: OneTimeTokensService,
  ) {}

  /**
   * Uses the link's token, which verifies the e-mail address that it was sent to, and completes the login.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @throws ProblemException `one_time_token_invalid`, `sign_in_refused`
   */
  async confirm(token: string, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    return this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'magic_link', token);
      const account = proof && (await this.accounts.findById(manager, proof.accountId));
      if (!account || !(await this.accounts.markVerified(manager, account.id, String(proof.detail['to'])))) {
        throw oneTimeTokenInvalid.exception();
      }
      return this.completion.complete(manager, { account, method: 'magic_link', amr: ['otp'], cookies }, context);
    });
  }
}
