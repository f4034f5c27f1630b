import { execute, queryRow, queryRows, sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** A notification that an application is owed about the end of a session. */
export interface LogoutNotification {
  id: string;
  clientId: string;
  accountId: string;
  sessionId: string;
  /** Attempts to deliver it, the current one included. */
  attempts: number;
}

/** Longer than an attempt can take: when another replica takes the notification, the first one has finished or crashed. */
const leaseSeconds = 60;

/** The table `logout_notification`, which a trigger fills: see its migration. */
@Injectable()
export class LogoutNotificationsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The ids of applications with notifications that are due, in random order: none of them waits behind the backlog of others.
   * @param except ids of applications to leave out
   */
  async dueApplications(limit: number, except: string[]): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      this.dataSource,
      sql`/* logout-notifications.due-applications */
        SELECT a.id FROM application a
        WHERE a.id <> ALL (${except}::uuid[]) AND EXISTS (
          SELECT FROM logout_notification n WHERE n.application_id = a.id AND n.next_attempt_at <= now())
        ORDER BY random() LIMIT ${limit}`,
    );
    return rows.map(({ id }) => id);
  }

  /** Takes notifications of an application that are due, in one atomic statement: each goes to one replica only. */
  take(applicationId: string, limit: number): Promise<LogoutNotification[]> {
    return queryRows(
      this.dataSource,
      sql`/* logout-notifications.take */
        UPDATE logout_notification n
        SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => ${sql.raw(String(leaseSeconds))})
        FROM application a
        WHERE a.id = n.application_id AND n.id IN (
          SELECT id FROM logout_notification WHERE application_id = ${applicationId} AND next_attempt_at <= now()
          ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING n.id, a.client_id AS "clientId", n.account_id AS "accountId", n.session_id AS "sessionId", n.attempts`,
    );
  }

  async delete(id: string): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* logout-notifications.delete */ DELETE FROM logout_notification WHERE id = ${id}`,
    );
  }

  /** Sets when the next attempt is due. */
  async postpone(id: string, seconds: number): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* logout-notifications.postpone */
        UPDATE logout_notification SET next_attempt_at = now() + make_interval(secs => ${seconds}::int) WHERE id = ${id}`,
    );
  }

  /** Seconds since the oldest waiting notification was written; 0 if there is none. */
  async oldestWaitingSeconds(): Promise<number> {
    const row = await queryRow<{ seconds: number | null }>(
      this.dataSource,
      sql`/* logout-notifications.oldest-waiting */
        SELECT extract(epoch FROM now() - min(created_at))::float8 AS seconds FROM logout_notification`,
    );
    return row?.seconds ?? 0;
  }
}
