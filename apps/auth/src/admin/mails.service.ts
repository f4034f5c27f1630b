import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { MailService, type ListedMail } from '../email/outbox/index.ts';
import { AdminActsService } from './admin-acts.service.ts';
import { toMailPage, type MailQuery } from './mails.schema.ts';

/** Shows the outbox, and sends its mails again. */
@Injectable()
export class AdminMailsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly acts: AdminActsService,
    private readonly audit: AuditService,
    private readonly mails: MailService,
  ) {}

  async list({ state, limit, after }: MailQuery, { accountId }: Principal, context: RequestContext) {
    const entry = { type: 'mails.listed' as const, actorId: accountId, detail: { state } };
    await this.audit.record(this.dataSource.manager, context, entry);
    return toMailPage(await this.mails.list(state, limit, after), limit);
  }

  /** @throws ProblemException `mail_not_found`, `mail_link_expired`, `mail_in_delivery`, `mail_off` */
  retry(id: string, actor: Principal, context: RequestContext): Promise<ListedMail> {
    this.mails.assertEnabled();
    const event = ({ accountId, template }: ListedMail) => ({
      subjectId: accountId,
      detail: { mail_id: id, template },
    });
    return this.acts.run({ type: 'mail.retried', actor, context, event }, (manager) => this.mails.retry(manager, id));
  }
}
