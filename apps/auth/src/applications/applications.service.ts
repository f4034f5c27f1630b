import { isUniqueViolation, problems, type ClientPrincipal, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AdminAuthorityService } from '../accounts/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG } from '../config.ts';
import { hashOf, newSecret } from '../service-accounts/index.ts';
import { authenticationMethod, type Application } from './application.ts';
import { isOwnResource, refusedNames, type OwnNames } from './application-uris.ts';
import { ApplicationSecretsRepository, type ApplicationSecret } from './application-secrets.repository.ts';
import {
  applicationDeclared,
  applicationNotFound,
  applicationsFull,
  clientIdTaken,
  secretNotUsed,
} from './applications.problems.ts';
import { ApplicationLogosRepository } from './application-logos.repository.ts';
import { ApplicationsRepository } from './applications.repository.ts';
import { checkKind, clientIdPattern, type ApplicationChange, type NewApplicationBody } from './applications.schema.ts';

const maxListed = 1000;

/** A new secret, which is shown once. */
export interface IssuedSecret {
  secret_id: string;
  client_secret: string;
}

interface CreatedApplication {
  application: Application;
  /** Null if its kind uses none. */
  secret: IssuedSecret | null;
}

/** How an application comes into being. */
interface Creation {
  body: NewApplicationBody;
  by: 'admin' | 'command' | 'registration';
  actorId: string | null;
  context: RequestContext | null;
}

/** Manages applications: the clients of the OpenID provider. */
@Injectable()
export class ApplicationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: OwnNames,
    private readonly applications: ApplicationsRepository,
    private readonly secrets: ApplicationSecretsRepository,
    private readonly logos: ApplicationLogosRepository,
    private readonly audit: AuditService,
    private readonly authority: AdminAuthorityService,
  ) {}

  /** Finds the application that a client id names. */
  async findByClientId(clientId: string): Promise<Application | undefined> {
    // PostgreSQL can't even compare all text that a caller may send
    return clientIdPattern.test(clientId) ? this.applications.findByClientId(this.dataSource, clientId) : undefined;
  }

  /**
   * Creates an application, with a secret if its kind uses one.
   * @param actor the admin; null for the command line
   * @throws ProblemException `client_id_taken`, `validation_failed` if it names this service where it may not
   */
  async create(
    body: NewApplicationBody,
    actor: Principal | null,
    context: RequestContext | null,
  ): Promise<CreatedApplication> {
    try {
      return await this.dataSource.transaction(async (manager) => {
        await this.assertPower(manager, actor);
        const by = actor ? 'admin' : 'command';
        return this.insert(manager, { body, by, actorId: actor?.accountId ?? null, context });
      });
    } catch (error) {
      throw isUniqueViolation(error, 'application_client_id_key') ? clientIdTaken.exception() : error;
    }
  }

  /**
   * Creates an application that registers itself. The list for admins has room for it.
   * @throws ProblemException `applications_full`
   */
  async register(body: NewApplicationBody, context: RequestContext): Promise<CreatedApplication> {
    return this.dataSource.transaction(async (manager) => {
      if ((await this.applications.lockCount(manager)) >= maxListed) {
        throw applicationsFull.exception();
      }
      return this.insert(manager, { body, by: 'registration', actorId: null, context });
    });
  }

  /** All applications, the oldest first; 1000 at most. */
  list(): Promise<Application[]> {
    return this.applications.list(maxListed);
  }

  /** @throws ProblemException `application_not_found` */
  async get(id: string): Promise<Application> {
    const application = await this.applications.find(this.dataSource, id);
    if (!application) {
      throw applicationNotFound.exception();
    }
    return application;
  }

  /** @throws ProblemException `application_not_found` */
  async view(id: string): Promise<{ application: Application; logo: string | null; secrets: ApplicationSecret[] }> {
    const application = await this.get(id);
    return { application, logo: await this.logoOf(id), secrets: await this.secrets.list(id) };
  }

  /** The logo of an application as a `data:` URL. */
  async logoOf(id: string): Promise<string | null> {
    return (await this.logos.find(id)) ?? null;
  }

  /**
   * Replaces everything but an application's client id and kind.
   * @throws ProblemException `application_not_found`, `application_declared`, `validation_failed` if its kind or its owner rules a member out
   */
  async change(id: string, body: ApplicationChange, actor: Principal, context: RequestContext): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.assertPower(manager, actor);
      const { clientId: client_id, kind } = await this.findOwn(manager, id);
      assertFits({ kind, ...body }, this.config);
      await this.applications.update(manager, applicationOf(id, { client_id, kind, ...body }));
      await this.logos.replace(manager, id, body.logo);
      const detail = { client_id, first_party: body.first_party };
      await this.audit.record(manager, context, {
        type: 'application.changed',
        actorId: actor.accountId,
        subjectId: id,
        detail,
      });
    });
  }

  /**
   * Deletes an application. Its tokens, grants and consents end at once.
   * @throws ProblemException `application_not_found`, `application_declared`
   */
  async delete(id: string, actor: Principal | null, context: RequestContext | null): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.assertPower(manager, actor);
      const application = await this.findOwn(manager, id);
      await this.applications.delete(manager, id);
      const detail = { client_id: application.clientId };
      await this.audit.record(manager, context, {
        type: 'application.deleted',
        actorId: actor?.accountId ?? null,
        subjectId: id,
        detail,
      });
    });
  }

  /**
   * Gives an application a new secret. The newest of the others stays valid for a time, all older ones end: two at most are valid.
   * @param overlapSeconds how long
   * @throws ProblemException `application_not_found`, `secret_not_used`
   */
  async rotateSecret(
    id: string,
    overlapSeconds: number,
    actor: Principal | null,
    context: RequestContext | null,
  ): Promise<IssuedSecret> {
    return this.dataSource.transaction(async (manager) => {
      await this.assertPower(manager, actor);
      const application = await this.applications.lock(manager, id);
      if (!application) {
        throw applicationNotFound.exception();
      }
      if (!usesSecret(application)) {
        throw secretNotUsed.exception();
      }
      const issued = await this.issueSecret(manager, application, overlapSeconds);
      const detail = { client_id: application.clientId, secret_id: issued.secret_id };
      await this.audit.record(manager, context, {
        type: 'application.secret_rotated',
        actorId: actor?.accountId ?? null,
        subjectId: id,
        detail,
      });
      return issued;
    });
  }

  /** The id of the active secret that a client presents; undefined if it is not one of the application's. */
  authenticate(applicationId: string, secret: string): Promise<string | undefined> {
    return this.secrets.use(applicationId, hashOf(secret));
  }

  /**
   * Checks the caller of an access token.
   * @param audience of the token, which must still be a resource of the application; only the operator's may call this service
   * @returns the caller with the scopes that the application still has; null if the secret or the keys that the token was issued for have ended
   */
  async check(client: ClientPrincipal, audience: string): Promise<ClientPrincipal | null> {
    const granted = await this.secrets.findGranted(client);
    const isOpen = isOwnResource(audience, this.config) ? granted?.firstParty : granted?.resources.includes(audience);
    if (!granted || isOpen !== true) {
      return null;
    }
    return { ...client, scopes: client.scopes.filter((scope) => granted.scopes.includes(scope)) };
  }

  /**
   * Whether {@link check} would still let the caller of a token for this service through with all of its scopes. What would end that
   * waits for the end of the caller's transaction.
   */
  async lockActive(manager: EntityManager, { serviceAccountId: id, keyId, scopes }: ClientPrincipal): Promise<boolean> {
    // applications before secrets, as rotations lock them
    const application = await this.applications.lockShared(manager, id);
    if (application?.kind !== 'machine' || !application.firstParty) {
      return false;
    }
    const hasScopes = scopes.every((scope) => application.scopes.includes(scope));
    return hasScopes && (application.jwks ? keyId === id : this.secrets.lockActive(manager, keyId, id));
  }

  private async insert(manager: EntityManager, creation: Creation): Promise<CreatedApplication> {
    const { body, by, actorId, context } = creation;
    assertFits(body, this.config);
    const application = { ...applicationOf(uuidv7(), body), registered: by === 'registration' };
    const { id, clientId: client_id, kind, firstParty: first_party } = application;
    await this.applications.insert(manager, { ...application, createdBy: actorId });
    await this.logos.replace(manager, id, body.logo);
    const secret = usesSecret(application) ? await this.issueSecret(manager, application, 0) : null;
    const detail = { client_id, kind, first_party, by };
    await this.audit.record(manager, context, { type: 'application.created', actorId, subjectId: id, detail });
    return { application, secret };
  }

  /** The power of an admin must not have ended while the request waited. The command line has all. */
  private async assertPower(manager: EntityManager, actor: Principal | null): Promise<void> {
    if (actor) {
      await this.authority.assert(manager, actor);
    }
  }

  private async findOwn(manager: EntityManager, id: string): Promise<Application> {
    const application = await this.applications.lock(manager, id);
    if (!application) {
      throw applicationNotFound.exception();
    }
    if (application.declared) {
      throw applicationDeclared.exception();
    }
    return application;
  }

  private async issueSecret(
    manager: EntityManager,
    { id }: Application,
    overlapSeconds: number,
  ): Promise<IssuedSecret> {
    const { key, prefix, hash } = newSecret('cs');
    const secretId = uuidv7();
    await this.secrets.rotate(manager, id, { id: secretId, prefix, hash }, overlapSeconds);
    return { secret_id: secretId, client_secret: key };
  }
}

const usesSecret = (application: Application) => authenticationMethod(application) === 'client_secret_basic';

/** @throws ProblemException `validation_failed` */
function assertFits(body: Parameters<typeof checkKind>[0] & Parameters<typeof refusedNames>[0], names: OwnNames): void {
  const errors = refusedNames(body, names);
  checkKind(body, {
    addIssue: (issue) => {
      const { path = [], message = '' } = typeof issue === 'string' ? { message: issue } : issue;
      errors.push({ path: path.join('.'), message });
    },
  });
  if (errors.length > 0) {
    throw problems.validationFailed.exception({ errors });
  }
}

/** The application that an API body or an entry of a file describes. */
export function applicationOf(id: string, body: NewApplicationBody): Application {
  return {
    id,
    clientId: body.client_id ?? id,
    name: body.name,
    logoUrl: body.logo_url,
    brandColor: body.brand_color,
    termsUrl: body.terms_url,
    privacyUrl: body.privacy_url,
    kind: body.kind,
    firstParty: body.first_party,
    declared: false,
    registered: false,
    redirectUris: body.redirect_uris,
    postLogoutRedirectUris: body.post_logout_redirect_uris,
    origins: body.origins,
    backchannelLogoutUri: body.backchannel_logout_uri,
    resources: body.resources,
    audiences: body.audiences,
    scopes: body.scopes,
    scopeDescriptions: body.scope_descriptions,
    jwks: body.jwks,
    idTokenSignedResponseAlg: body.id_token_signed_response_alg,
    accessTokenTtlSeconds: body.access_token_ttl_seconds,
    refreshTokenTtlSeconds: body.refresh_token_ttl_seconds,
  };
}
