import { execute, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** What is counted. */
export type ActivityKind = 'login_succeeded' | 'login_failed' | 'registered' | 'rate_limited';

/** How often something has happened. */
export type ActivityCounts = Partial<Record<ActivityKind, number>>;

/** The sessions at one moment, stored beside the counts. */
const sessionsKind = 'active_sessions';

/** What happened within one step of a period. */
export interface ActivityBucket {
  from: Date;
  counts: ActivityCounts & { [sessionsKind]?: number };
}

/** The steps of each period, and how long their counts are kept. */
const periods = {
  hour: { step: 'minute', steps: 60, seconds: 60, kept: '2 hours' },
  day: { step: 'hour', steps: 24, seconds: 3600, kept: '2 days' },
  month: { step: 'day', steps: 30, seconds: 86_400, kept: '32 days' },
} as const;
export type ActivityPeriod = keyof typeof periods;

const steps = sql.raw("(VALUES ('minute'), ('hour'), ('day')) AS steps (step)");
const kept = sql.raw(
  Object.values(periods)
    .map((period) => `('${period.step}', interval '${period.kept}')`)
    .join(', '),
);

/** The table `activity_count`: one row for each kind and each minute, hour and day, and for the sessions. It never has more than some thousand rows. */
@Injectable()
export class ActivityRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Adds counts to the present minute, hour and day. Rows are locked in one order, so that replicas never deadlock. */
  async add(counts: ActivityCounts): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* activity.add */
        INSERT INTO activity_count AS a (step, bucket, kind, count)
        SELECT step, date_trunc(step, now(), 'UTC'), key, value::bigint
        FROM ${steps}, jsonb_each_text(${JSON.stringify(counts)}::jsonb) ORDER BY step, key
        ON CONFLICT (step, bucket, kind) DO UPDATE SET count = a.count + excluded.count
        RETURNING step`,
    );
  }

  /** Notes how many sessions are active. The highest number of each minute, hour and day stays. */
  async noteSessions(count: number): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* activity.note-sessions */
        INSERT INTO activity_count AS a (step, bucket, kind, count)
        SELECT step, date_trunc(step, now(), 'UTC'), ${sessionsKind}::text, ${count}::bigint FROM ${steps} ORDER BY step
        ON CONFLICT (step, bucket, kind) DO UPDATE SET count = excluded.count WHERE a.count < excluded.count`,
    );
  }

  /** The counts of a period, the oldest first. Steps in which nothing has happened are there, too. */
  async list(period: ActivityPeriod): Promise<ActivityBucket[]> {
    const { step, steps: size, seconds } = periods[period];
    return queryRows<ActivityBucket>(
      this.dataSource,
      sql`/* activity.list */
        SELECT series.bucket AS "from", coalesce(jsonb_object_agg(a.kind, a.count) FILTER (WHERE a.kind IS NOT NULL), '{}') AS counts
        FROM (
          SELECT date_trunc(${step}, now(), 'UTC') - make_interval(secs => n * ${seconds}::int) AS bucket
          FROM generate_series(0, ${size - 1}::int) n) AS series
        LEFT JOIN activity_count a ON a.step = ${step} AND a.bucket = series.bucket
        GROUP BY series.bucket ORDER BY series.bucket`,
    );
  }

  /** Deletes counts of steps that no period shows any longer, and returns how many. */
  purge(on: Queryable): Promise<number> {
    return execute(
      on,
      sql`/* activity.purge */
        DELETE FROM activity_count a USING (VALUES ${kept}) AS kept (step, age)
        WHERE a.step = kept.step AND a.bucket < now() - kept.age`,
    );
  }
}
