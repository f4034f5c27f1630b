import { SecureCookie, type Principal, type Problem, type Queryable, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { hash, randomBytes } from 'node:crypto';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../../config.ts';
import { loginRefused, type AccessToken, type Tokens } from '../index.ts';
import { AccessTokensService, RefreshTokens } from '../tokens/index.ts';
import { sessionMissing } from './browser-sessions.problems.ts';
import { BrowserSessionsRepository, type BrowserSession } from './browser-sessions.repository.ts';

const secretBytes = 32;

/**
 * Sessions that a browser holds by a cookie instead of by tokens. They are rows like all others: listed, limited and ended in the
 * same way. Only the hash of the cookie's value is stored.
 */
@Injectable()
export class BrowserSessionsService {
  readonly cookie: SecureCookie;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'NODE_ENV' | 'SESSION_TTL_SECONDS'>,
    private readonly repository: BrowserSessionsRepository,
    private readonly audit: AuditService,
    private readonly accessTokens: AccessTokensService,
    private readonly refreshTokens: RefreshTokens,
  ) {
    this.cookie = new SecureCookie('session', config.NODE_ENV === 'production', {
      path: '/',
      // the row knows when an idle session ends
      maxAge: config.SESSION_TTL_SECONDS,
      // links from mails and redirects from applications open pages of a session
      sameSite: 'lax',
    });
  }

  /**
   * Gives a session to the browser. Its refresh token becomes useless. Another session that the browser held ends.
   * @param cookies the request's `cookie` header
   * @param refused what is thrown if the refresh token is not the latest of a session
   * @returns a `set-cookie` header (RFC 6265)
   */
  async adopt(
    tokens: Pick<Tokens, 'refresh_token'>,
    cookies: string | undefined,
    context: RequestContext,
    refused: Problem = loginRefused,
  ): Promise<string> {
    const presented = this.refreshTokens.parse(tokens.refresh_token);
    const value = newValue();
    const isAdopted =
      presented &&
      (await this.repository.adopt(presented.sessionId, presented.hash, browserHash(value), randomBytes(secretBytes)));
    if (!isAdopted) {
      throw refused.exception();
    }
    await this.end(cookies, context);
    return this.cookie.issue(value);
  }

  /** The session of the browser, which this use prolongs; undefined without one. */
  async find(cookies: string | undefined, context: RequestContext): Promise<BrowserSession | undefined> {
    const value = this.cookie.read(cookies);
    return value === undefined ? undefined : this.repository.use(browserHash(value), context);
  }

  /**
   * {@link find} for the many requests that a gateway asks about: a use within a minute of the one before prolongs nothing, so that most
   * of them only read.
   */
  async recognize(cookies: string | undefined, context: RequestContext): Promise<BrowserSession | undefined> {
    const value = this.cookie.read(cookies);
    return value === undefined ? undefined : this.repository.see(browserHash(value), context);
  }

  /**
   * An access token for the session of the browser, which this use prolongs.
   * @throws ProblemException `session_missing`
   */
  async issueAccessToken(cookies: string | undefined, context: RequestContext): Promise<AccessToken> {
    const session = await this.find(cookies, context);
    if (!session) {
      throw sessionMissing.exception();
    }
    return this.accessTokens.issue(session);
  }

  /**
   * Replaces the cookie's value, after a step-up or a change of what opens the account: nobody who knew the value before has the
   * session any more. Of concurrent replacements one happens.
   *
   * Unlike a refresh token, an earlier value has no grace period, because a thief who keeps presenting it would get the session that
   * the owner has just proved: the thief's next request may well come before the owner's. A browser whose response got lost signs in
   * again, with what it has just been asked for.
   * @param cookies the request's `cookie` header
   * @returns a `set-cookie` header; undefined if the value has been replaced meanwhile, or the session has ended
   */
  async rotate(
    { sessionId }: Pick<Principal, 'sessionId'>,
    cookies: string | undefined,
    on: Queryable = this.dataSource,
  ): Promise<string | undefined> {
    const presented = this.cookie.read(cookies);
    if (presented === undefined) {
      return undefined;
    }
    const value = newValue();
    const isRotated = await this.repository.rotate(on, sessionId, browserHash(presented), browserHash(value));
    return isRotated ? this.cookie.issue(value) : undefined;
  }

  /** Ends the cookie of a session, if it has one. Its access tokens and its grants stay. */
  endCookie({ sessionId }: Pick<Principal, 'sessionId'>): Promise<void> {
    return this.repository.endCookie(sessionId, randomBytes(secretBytes));
  }

  /** Ends the session of the browser, if it has one. */
  async end(cookies: string | undefined, context: RequestContext): Promise<void> {
    const value = this.cookie.read(cookies);
    if (value !== undefined) {
      await this.endByValue(value, context);
    }
  }

  /**
   * Ends the session of a cookie.
   * @param value the cookie's value
   */
  async endByValue(value: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const ended = await this.repository.remove(manager, browserHash(value));
      if (ended) {
        const ids = { actorId: ended.accountId, subjectId: ended.accountId };
        const detail = { session_ids: [ended.sessionId] };
        await this.audit.record(manager, context, { type: 'session.revoked', ...ids, detail });
      }
    });
  }
}

const newValue = () => randomBytes(secretBytes).toString('base64url');
/** What is stored instead of a cookie's value. */
export const browserHash = (value: string): Buffer => hash('sha256', value, 'buffer');
