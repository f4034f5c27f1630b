import type { Principal, RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { AccountAccessService, newDeviceFacts, NoticesService, type CredentialStore } from '../accounts/index.ts';
import { isOwnResource, openIdScopes, type Application } from '../applications/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import {
  SessionsService,
  type Device,
  type KeptSession,
  type SessionGrants,
  type SessionOwner,
} from '../sessions/index.ts';
import type { Consent } from './consents.schema.ts';
import { consentNotFound } from './grants.problems.ts';
import { GrantsRepository, type ApplicationConsent, type SessionGrant } from './grants.repository.ts';
import { errors } from './library.ts';

/** What a token says of the grant that it belongs to. */
interface GrantOfToken {
  sessionId: string;
  issuedFor?: Pick<NonNullable<Principal['issuedFor']>, 'clientId' | 'grantId'> | undefined;
}

/** What applications may have of accounts: consents, and the grants of sessions. */
@Injectable()
export class GrantsService implements CredentialStore, SessionGrants {
  readonly isSecondFactor = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'TOKEN_AUDIENCE' | 'TOKEN_ISSUER'>,
    private readonly grants: GrantsRepository,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly notices: NoticesService,
    access: AccountAccessService,
  ) {
    access.register(this);
    sessions.registerGrants(this);
  }

  /**
   * Whether the grant that an access token belongs to goes on. That of a login without an application belongs to none.
   * @param audience this service itself is for applications of the operator
   */
  async covers({ sessionId, issuedFor }: GrantOfToken, audience: string): Promise<boolean> {
    const { clientId = this.config.TOKEN_AUDIENCE, grantId } = issuedFor ?? {};
    if (clientId === this.config.TOKEN_AUDIENCE) {
      return true;
    }
    return this.opens(await this.grants.findOfSession(sessionId, clientId), grantId, audience);
  }

  /**
   * Whether a token belongs to the grant that its session has now, and the audience is for the application.
   * @param grantId as the token names it; undefined in one of the previous version
   */
  opens(grant: SessionGrant | undefined, grantId: string | undefined, audience: string): boolean {
    const isSame = grant !== undefined && (grantId === undefined || grantId === grant.id);
    return isSame && (grant.firstParty || !isOwnResource(audience, this.config));
  }

  /** The scopes that an application may use: all of its own for one of the operator's, otherwise what the owner has consented to. */
  allowedScopes(application: Application, consented: string[] | null): string[] {
    const all = [...openIdScopes, ...application.scopes];
    return application.firstParty ? all : all.filter((scope) => consented?.includes(scope));
  }

  /**
   * The grant of an application in a session, if the owner need not be asked first.
   * @returns its id; undefined if the owner must be asked
   * @throws SessionNotFound if the session or the consent has ended meanwhile
   */
  async find(application: Application, sessionId: string, accountId: string): Promise<string | undefined> {
    const isAllowed =
      application.firstParty || (await this.grants.findConsent(accountId, application.id)) !== undefined;
    if (!isAllowed) {
      return undefined;
    }
    const grantId = isUuid(sessionId)
      ? await this.grants.give(this.dataSource, sessionId, application.id, accountId)
      : undefined;
    if (grantId === undefined) {
      throw new errors.SessionNotFound('the session or the consent has ended');
    }
    return grantId;
  }

  /**
   * Gives a device that a person has connected by a code (RFC 8628) a session of its own with a grant: it does not end with that of
   * the browser in which the code was typed.
   * @throws ProblemException `token_invalid` if the owner's session has ended meanwhile, `consent_not_found` if the consent has
   */
  async connectDevice(
    application: Application,
    owner: SessionOwner,
    device: Device,
    context: RequestContext,
  ): Promise<{ sessionId: string; grantId: string }> {
    const { accountId } = owner;
    return this.dataSource.transaction(async (manager) => {
      const sessionId = await this.sessions.startForDevice(manager, owner, device);
      const grantId = await this.grants.give(manager, sessionId, application.id, accountId);
      if (grantId === undefined) {
        throw consentNotFound.exception();
      }
      const detail = { application_id: application.id, client_id: application.clientId, session_id: sessionId };
      const ids = { actorId: accountId, subjectId: accountId };
      await this.audit.record(manager, context, { type: 'device.connected', ...ids, detail });
      await this.notices.send(manager, accountId, 'new_device', context, newDeviceFacts(device));
      return { sessionId, grantId };
    });
  }

  /**
   * Remembers that the owner of an account has agreed to an application's use of these scopes.
   * @throws ProblemException `token_invalid` if the owner's session has ended meanwhile
   */
  async consent(
    application: Application,
    owner: SessionOwner,
    scopes: string[],
    context: RequestContext,
  ): Promise<void> {
    const { accountId } = owner;
    await this.dataSource.transaction(async (manager) => {
      await this.sessions.lockActive(manager, owner);
      await this.grants.consent(manager, accountId, application.id, scopes);
      const detail = { application_id: application.id, client_id: application.clientId, scopes };
      const ids = { actorId: accountId, subjectId: accountId };
      await this.audit.record(manager, context, { type: 'consent.given', ...ids, detail });
    });
  }

  /** What the owner of an account has consented to. */
  consentsOf(accountId: string): Promise<Consent[]> {
    return this.grants.consentsOf(accountId);
  }

  /** A page of the consents to an application, the latest first. */
  consentsTo(applicationId: string, limit: number, after?: string): Promise<ApplicationConsent[]> {
    return this.grants.consentsTo(applicationId, limit, after);
  }

  /**
   * Withdraws the access of an application, and ends its grants.
   * @throws ProblemException `consent_not_found`, `token_invalid`
   */
  async withdraw(clientId: string, owner: SessionOwner, context: RequestContext): Promise<void> {
    const { accountId } = owner;
    await this.dataSource.transaction(async (manager) => {
      await this.sessions.lockActive(manager, owner);
      const applicationId = await this.removeOne(manager, accountId, clientId);
      const detail = { application_id: applicationId, client_id: clientId };
      const ids = { actorId: accountId, subjectId: accountId };
      await this.audit.record(manager, context, { type: 'consent.withdrawn', ...ids, detail });
    });
  }

  /**
   * Withdraws the access of an application to an account and ends its grants, in the caller's transaction, which records the event.
   * @returns the application's id
   * @throws ProblemException `consent_not_found`
   */
  async removeOne(manager: EntityManager, accountId: string, clientId: string): Promise<string> {
    const applicationId = await this.grants.withdraw(manager, accountId, clientId);
    if (applicationId === undefined) {
      throw consentNotFound.exception();
    }
    await this.grants.endAll(manager, accountId, applicationId);
    return applicationId;
  }

  /** Forgets all that the owner of an account has consented to. Its grants end with the sessions. */
  removeAll(manager: EntityManager, accountId: string): Promise<void> {
    return this.grants.withdrawAll(manager, accountId);
  }

  async endAllBut(manager: EntityManager, { sessionId, issuedFor }: KeptSession): Promise<void> {
    await this.grants.endOfSession(manager, sessionId, issuedFor?.clientId ?? null);
  }

  /** Ends a grant with its codes and tokens. */
  async end(grantId: string): Promise<void> {
    await this.grants.end(this.dataSource, grantId);
  }

  /**
   * Ends a grant because a code or refresh token came a second time: either the application or the caller has stolen it.
   * @param grantType what it came for (RFC 6749 §4)
   */
  async endReused(grantId: string, grantType: string, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const ended = await this.grants.end(manager, grantId);
      if (ended) {
        const detail = { application_id: ended.applicationId, grant_type: grantType };
        await this.audit.record(manager, context, { type: 'grant.reused', subjectId: ended.accountId, detail });
      }
    });
  }
}
