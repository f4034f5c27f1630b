import { queryRows, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { oneTimeTokenInvalid, OneTimeTokensService } from '../../email/one-time-tokens/index.ts';
import { PasswordsService } from '../../passwords/index.ts';
import type { Acceptance } from './invitations.schema.ts';

/** The mail that the token came by also proves the address. */
const firstPasswordStatement = `
  UPDATE account
  SET password_hash = $3, password_changed_at = now(), email_verified_at = coalesce(email_verified_at, now())
  WHERE id = $1 AND lower(email) = lower($2) AND password_hash IS NULL AND disabled_at IS NULL
  RETURNING id`;

/** Lets invited people into the accounts that were made for them. */
@Injectable()
export class InvitationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly passwords: PasswordsService,
  ) {}

  /**
   * Takes the invitation's token and sets the first password. A password that is refused leaves the token good.
   * @throws ProblemException `one_time_token_invalid`, `password_too_weak`, `password_breached`, `hash_queue_full`
   */
  async accept({ token, password }: Acceptance, context: RequestContext): Promise<void> {
    const claim = await this.oneTimeTokens.peek('invitation', token);
    if (!claim) {
      throw oneTimeTokenInvalid.exception();
    }
    const email = String(claim.detail['to']);
    await this.passwords.assertStrong(password, [email]);
    const passwordHash = await this.passwords.hash(password);
    await this.dataSource.transaction(async (manager) => {
      const proof = await this.oneTimeTokens.consume(manager, 'invitation', token);
      const parameters = [proof?.accountId ?? null, email, passwordHash];
      const [account] = await queryRows<{ id: string }>(manager, firstPasswordStatement, parameters);
      if (!account) {
        throw oneTimeTokenInvalid.exception();
      }
      const ids = { actorId: account.id, subjectId: account.id };
      await this.audit.record(manager, context, { type: 'invitation.accepted', ...ids });
    });
  }
}
