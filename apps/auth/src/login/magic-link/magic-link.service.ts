import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountsRepository } from '../../accounts/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { LoginService, type LoginResult } from '../password/index.ts';

/** Logs in those who get mails at an account's address. */
@Injectable()
export class MagicLinkService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly logins: LoginService,
    private readonly tokens: OneTimeTokensService,
  ) {}

  /**
   * Takes the link's token and logs in.
   * @param cookies the request's `cookie` header, which may tell a known device
   * @throws ProblemException `one_time_token_invalid`
   */
  async confirm(token: string, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    return this.dataSource.transaction(async (manager) => {
      const proof = await this.tokens.consume(manager, 'magic_link', token);
      const account = proof && (await this.accounts.findById(manager, proof.accountId));
      if (!account || !(await this.accounts.markVerified(manager, account.id, String(proof.detail['to'])))) {
        throw oneTimeTokenInvalid.exception();
      }
      return this.logins.complete(manager, { account, method: 'magic_link', amr: ['otp'], cookies }, context);
    });
  }
}
