import { queryRows } from '#common';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';
import { RateLimitsService } from '../rate-limits/index.ts';
import { AuditService } from '../audit/index.ts';
import { ImportService } from '../accounts/import-export/index.ts';
import { MailService } from '../email/outbox/index.ts';
import { OneTimeTokensService } from '../email/one-time-tokens/index.ts';
import { PasskeysService } from '../login/passkeys/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { FlowsService } from '../login/social/index.ts';

/** Any number, for the one replica that deletes. */
export const retentionLock = 7_305_642;

const batchRows = 2000;
/** A round ends, so that one table that has much to delete does not keep the others from it. */
const batchesPerRound = 50;

const deletionsName = 'auth_retention_deletions_total';

export const deletionsProvider = makeCounterProvider({
  name: deletionsName,
  help: 'Rows deleted because they were expired or old',
  labelNames: ['kind'],
});

/** Deletes a batch, and says how many rows that were. */
type Purge = (manager: EntityManager, limit: number) => Promise<number>;

/** Deletes what has expired or is older than it may be kept, on one replica at a time, in batches that are small. */
@Injectable()
export class RetentionService {
  private readonly logger = new Logger(RetentionService.name);
  private readonly purges: Record<string, Purge>;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectMetric(deletionsName) private readonly deletions: Counter<'kind'>,
    rateLimits: RateLimitsService,
    audit: AuditService,
    imports: ImportService,
    mails: MailService,
    oneTimeTokens: OneTimeTokensService,
    passkeys: PasskeysService,
    sessions: SessionsService,
    socialFlows: FlowsService,
  ) {
    this.purges = {
      attempts: (manager, limit) => rateLimits.purge(manager, limit),
      audit_events: (manager, limit) => audit.purge(manager, limit),
      import_jobs: (manager, limit) => imports.purge(manager, limit),
      mails: (manager, limit) => mails.purge(manager, limit),
      one_time_tokens: (manager, limit) => oneTimeTokens.purge(manager, limit),
      passkey_challenges: (manager, limit) => passkeys.purge(manager, limit),
      sessions: (manager, limit) => sessions.purge(manager, limit),
      social_flows: (manager, limit) => socialFlows.purge(manager, limit),
    };
    for (const kind of Object.keys(this.purges)) {
      deletions.inc({ kind }, 0);
    }
  }

  /**
   * One round over all kinds, which ends where another replica is at its own: that one goes on to the end. A kind that fails
   * is logged, and does not keep the others from theirs.
   */
  async run(): Promise<void> {
    for (const [kind, purge] of Object.entries(this.purges)) {
      try {
        if (!(await this.runKind(kind, purge))) {
          return;
        }
      } catch (error) {
        this.logger.error(error, `deleting old ${kind} failed`);
      }
    }
  }

  /** @returns whether no other replica was at it */
  private async runKind(kind: string, purge: Purge): Promise<boolean> {
    for (let batch = 0, more = true; more && batch < batchesPerRound; batch += 1) {
      const deleted = await this.dataSource.transaction((manager) => ifAlone(manager, () => purge(manager, batchRows)));
      if (deleted === undefined) {
        return false;
      }
      this.deletions.inc({ kind }, deleted);
      more = deleted === batchRows;
    }
    return true;
  }
}

/** Does it unless another replica is at it; the lock lasts as long as the transaction, so a crash frees it. */
async function ifAlone<T>(manager: EntityManager, job: () => Promise<T>): Promise<T | undefined> {
  const [lock] = await queryRows<{ held: boolean }>(manager, 'SELECT pg_try_advisory_xact_lock($1) AS held', [
    retentionLock,
  ]);
  return lock?.held ? job() : undefined;
}
