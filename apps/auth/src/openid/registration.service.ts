import type { RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { hash, timingSafeEqual } from 'node:crypto';
import { DataSource } from 'typeorm';
import { ApplicationsService, type NewApplicationBody } from '../applications/index.ts';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { ipKey, RateLimitsService } from '../rate-limits/index.ts';
import { clientMetadataInvalid, redirectUriInvalid, registrationTokenInvalid } from './registration.problems.ts';
import { registrationOf, registrationSchema } from './registration.schema.ts';

/** Lets applications of others register themselves (RFC 7591), if they know `OPENID_REGISTRATION_TOKEN`. */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG)
    private readonly config: Pick<AuthConfig, 'LOGIN_ADDRESS_BURST' | 'OPENID_REGISTRATION_TOKEN'>,
    private readonly applications: ApplicationsService,
    private readonly rateLimits: RateLimitsService,
    private readonly audit: AuditService,
  ) {}

  get isOpen(): boolean {
    return this.config.OPENID_REGISTRATION_TOKEN !== undefined;
  }

  /**
   * Registers an application.
   * @param metadata the body of the request
   * @param authorization its `authorization` header, with the initial access token
   * @returns the body of the response (RFC 7591 §3.2.1)
   * @throws ProblemException `registration_token_invalid`, `redirect_uri_invalid`, `client_metadata_invalid`, `applications_full`,
   *   `too_many_attempts`
   */
  async register(metadata: unknown, authorization: string | undefined, context: RequestContext): Promise<object> {
    if (!this.isAllowed(authorization)) {
      await this.refuse(context);
    }
    const { application, secret } = await this.applications.register(parse(metadata), context);
    return registrationOf(application, secret?.client_secret);
  }

  /** Compares hashes in constant time. */
  private isAllowed(authorization = ''): boolean {
    const { OPENID_REGISTRATION_TOKEN: token } = this.config;
    const [, presented = ''] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
    return token !== undefined && timingSafeEqual(digest(presented), digest(token));
  }

  /** The token can't be guessed: the limit bounds what failures cost. */
  private async refuse(context: RequestContext): Promise<never> {
    const key = `openid:registration:${ipKey(context.address)}`;
    await this.rateLimits.consume({ key, burst: this.config.LOGIN_ADDRESS_BURST });
    const detail = { endpoint: 'registration', client_id: null };
    await this.audit.record(this.dataSource.manager, context, { type: 'client.token_refused', detail });
    throw registrationTokenInvalid.exception({ challenge: 'Bearer error="invalid_token"' });
  }
}

const digest = (text: string) => hash('sha256', text, 'buffer');

/** @throws ProblemException `redirect_uri_invalid`, `client_metadata_invalid` */
function parse(metadata: unknown): NewApplicationBody {
  const result = registrationSchema.safeParse(metadata);
  if (result.success) {
    return result.data;
  }
  const errors = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const problem = errors.some(({ path }) => path.startsWith('redirect_uris'))
    ? redirectUriInvalid
    : clientMetadataInvalid;
  throw problem.exception({ errors });
}
