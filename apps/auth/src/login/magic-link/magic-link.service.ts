import type { RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { MailboxProofsService } from '../../accounts/index.ts';
import { LoginCompletionService, type LoginResult } from '../completion/index.ts';

/** Login with a magic link. */
@Injectable()
export class MagicLinkService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly completion: LoginCompletionService,
    private readonly mailboxProofs: MailboxProofsService,
  ) {}

  /**
   * Uses the link's token, which verifies the e-mail address that it was sent to, and completes the login.
   * @param cookies the request's `cookie` header, which may identify a known device
   * @throws ProblemException `one_time_token_invalid`, `sign_in_refused`
   */
  async confirm(token: string, cookies: string | undefined, context: RequestContext): Promise<LoginResult> {
    const link = await this.mailboxProofs.read('magic_link', token);
    return this.dataSource.transaction(async (manager) => {
      const { account } = await this.mailboxProofs.byLink(manager, link, context);
      return this.completion.complete(manager, { account, method: 'magic_link', amr: ['otp'], cookies }, context);
    });
  }
}
