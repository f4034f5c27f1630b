import { counter, type Counter } from '#common';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ImportRunsService } from '../accounts/import-export/index.ts';
import { AuditService } from '../audit/index.ts';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { FlowsService } from '../login/social/index.ts';
import { ArtifactsRepository, RefreshTokensRepository } from '../openid/index.ts';
import { RateLimitsService } from '../rate-limits/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { ActivityService } from '../statistics/index.ts';
import { WebhooksService } from '../webhooks/index.ts';
import { withRetentionLock } from './retention-lock.repository.ts';

const batchRows = 2000;
/** Bounds the time that one table takes, so that the other tables get their turn. */
const batchesPerRound = 50;

/** Deletes one batch and returns the number of deleted rows. */
type Purge = (manager: EntityManager, limit: number) => Promise<number>;

/** Deletes expired rows in small batches. Only one replica deletes at a time. */
@Injectable()
export class RetentionService {
  private readonly logger = new Logger(RetentionService.name);
  private readonly purges: Record<string, Purge>;
  private readonly deletions: Counter<{ kind: string }>;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    activity: ActivityService,
    rateLimits: RateLimitsService,
    audit: AuditService,
    imports: ImportRunsService,
    mail: MailService,
    oneTimeTokens: OneTimeTokensService,
    passkeys: PasskeysService,
    sessions: SessionsService,
    socialFlows: FlowsService,
    artifacts: ArtifactsRepository,
    refreshTokens: RefreshTokensRepository,
    webhooks: WebhooksService,
  ) {
    this.purges = {
      activity_counts: (manager) => activity.purge(manager),
      attempts: (manager, limit) => rateLimits.purge(manager, limit),
      audit_events: (manager, limit) => audit.purge(manager, limit),
      import_jobs: (manager, limit) => imports.purge(manager, limit),
      mails: (manager, limit) => mail.purge(manager, limit),
      one_time_tokens: (manager, limit) => oneTimeTokens.purge(manager, limit),
      openid_artifacts: (manager, limit) => artifacts.purge(manager, limit),
      openid_refresh_tokens: (manager, limit) => refreshTokens.purge(manager, limit),
      passkey_challenges: (manager, limit) => passkeys.purge(manager, limit),
      sessions: (manager, limit) => sessions.purge(manager, limit),
      social_flows: (manager, limit) => socialFlows.purge(manager, limit),
      webhook_deliveries: (manager, limit) => webhooks.purge(manager, limit),
    };
    this.deletions = counter({
      name: 'auth_retention_deletions_total',
      help: 'Rows deleted because they had expired, by kind',
      labels: { kind: Object.keys(this.purges) },
    });
  }

  /**
   * Goes through all kinds once. It stops if another replica holds the lock, because that replica completes the round. If
   * a kind fails, the error is logged and the next kind follows.
   */
  async purgeExpired(): Promise<void> {
    for (const [kind, purge] of Object.entries(this.purges)) {
      try {
        if (!(await this.purgeKind(kind, purge))) {
          return;
        }
      } catch (error) {
        this.logger.error(error, `deleting expired ${kind} failed`);
      }
    }
  }

  /** @returns false if another replica holds the lock */
  private async purgeKind(kind: string, purge: Purge): Promise<boolean> {
    for (let batch = 0, more = true; more && batch < batchesPerRound; batch += 1) {
      const deleted = await this.dataSource.transaction((manager) =>
        withRetentionLock(manager, () => purge(manager, batchRows)),
      );
      if (deleted === undefined) {
        return false;
      }
      this.deletions.inc({ kind }, deleted);
      more = deleted === batchRows;
    }
    return true;
  }
}
