import { Injectable } from '@nestjs/common';
import { AccountSearchRepository } from '../accounts/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { SigningKeysService } from '../signing-keys/index.ts';
import { ActivityService, type ActivityPeriod } from '../statistics/index.ts';
import type { Statistics } from './statistics.schema.ts';

/** Shows what has happened, and the present state. */
@Injectable()
export class StatisticsService {
  constructor(
    private readonly accounts: AccountSearchRepository,
    private readonly activity: ActivityService,
    private readonly keys: SigningKeysService,
    private readonly mails: MailService,
    private readonly sessions: SessionsService,
  ) {}

  /** One statement after the other: the page of an admin takes one connection, however busy the service is. */
  async show(period: ActivityPeriod): Promise<Statistics> {
    const activity = await this.activity.list(period);
    const activeSince = this.keys.activeSince();
    return {
      buckets: activity.map(({ from, counts }) => ({
        from: from.toISOString(),
        logins_succeeded: counts.login_succeeded ?? 0,
        logins_failed: counts.login_failed ?? 0,
        registrations: counts.registered ?? 0,
        rate_limited: counts.rate_limited ?? 0,
        active_sessions: counts.active_sessions ?? 0,
      })),
      now: {
        accounts: await this.accounts.count({}),
        active_sessions: await this.sessions.countActive(),
        mails_waiting: await this.mails.count('waiting'),
        mails_failed: await this.mails.count('failed'),
        oldest_waiting_mail_seconds: await this.mails.oldestWaitingSeconds(),
        signing_key_seconds: activeSince ? Math.max(0, (Date.now() - activeSince.getTime()) / 1000) : null,
      },
    };
  }
}
