import type { Principal, RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { SessionsRepository } from './sessions.repository.ts';
import { RefreshTokens } from './tokens/index.ts';

/** Ends the session that a client holds tokens of. */
@Injectable()
export class LogoutService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly sessions: SessionsRepository,
    private readonly refreshTokens: RefreshTokens,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends the session of an access token and the session of a refresh token. Any authentic refresh token of a session ends it, as
   * a used one does at a refresh. An unknown token and an ended session change nothing (RFC 7009 §2.2).
   * @param caller whose access token may have expired
   */
  async logOut(
    caller: Pick<Principal, 'accountId' | 'sessionId'> | undefined,
    refreshToken: string | undefined,
    context: RequestContext,
  ): Promise<void> {
    if (caller) {
      const { accountId, sessionId } = caller;
      await this.end(sessionId, context, async (manager) =>
        (await this.sessions.remove(manager, accountId, sessionId)) ? accountId : undefined,
      );
    }
    const presented = refreshToken === undefined ? undefined : this.refreshTokens.parse(refreshToken);
    if (presented && presented.sessionId !== caller?.sessionId) {
      const { sessionId } = presented;
      await this.end(sessionId, context, (manager) => this.sessions.removeUnexpired(manager, sessionId));
    }
  }

  /** @param remove deletes the session, and returns the id of its account if there was one */
  private async end(
    sessionId: string,
    context: RequestContext,
    remove: (manager: EntityManager) => Promise<string | undefined>,
  ): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const accountId = await remove(manager);
      if (accountId !== undefined) {
        const detail = { session_ids: [sessionId] };
        const ids = { actorId: accountId, subjectId: accountId };
        await this.audit.record(manager, context, { type: 'session.revoked', ...ids, detail });
      }
    });
  }
}
