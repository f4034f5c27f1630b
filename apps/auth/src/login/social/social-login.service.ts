import { ProblemException, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AccountsRepository,
  email as emailSchema,
  RegistrationService,
  type StoredAccount,
} from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { LoginService, type LoginResult } from '../password/index.ts';
import { FlowsService } from './flows.service.ts';
import { IdentitiesService } from './identities.service.ts';
import type { AuthorizationResponse, Person } from './oidc-providers.ts';
import { SocialLoginMetrics } from './social-login.metrics.ts';
import { identityUnlinked, providerEmailUnverified, socialLoginFailed } from './social-login.problems.ts';

/** Whom a login admits, and how it came to be so. */
interface Admission {
  account: StoredAccount;
  linked: boolean;
}

/** Logs people in by what they are at an identity provider. */
@Injectable()
export class SocialLoginService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accounts: AccountsRepository,
    private readonly registration: RegistrationService,
    private readonly identities: IdentitiesService,
    private readonly flows: FlowsService,
    private readonly logins: LoginService,
    private readonly audit: AuditService,
    private readonly metrics: SocialLoginMetrics,
  ) {}

  /**
   * Logs in to the account that the person's identity belongs to. A new identity is linked to the account of its
   * address if both the provider and this service know the address to be verified; where no account has the address, one
   * without a password is made.
   * @throws ProblemException `provider_email_unverified`, `identity_unlinked`, and what {@link FlowsService.finish} throws
   */
  async login(
    provider: string,
    response: AuthorizationResponse,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<LoginResult> {
    const person = await this.flows.finish(provider, response, null, cookies, context);
    try {
      if (!(await this.identities.isKnown(person))) {
        await this.registration.consumeLimit(context);
      }
      const { signedIn, linked } = await this.dataSource.transaction(async (manager) => {
        const { account, linked } = await this.admit(manager, provider, person, context);
        return {
          signedIn: await this.logins.complete(manager, { account, method: 'social', amr: ['fed'], cookies }, context),
          linked,
        };
      });
      this.metrics.flows.inc({ provider, result: 'succeeded' });
      this.metrics.identities.inc({ change: 'linked' }, linked ? 1 : 0);
      return signedIn;
    } catch (error) {
      await this.refused(provider, error, context);
      throw error;
    }
  }

  private async admit(
    manager: EntityManager,
    provider: string,
    person: Person,
    context: RequestContext,
  ): Promise<Admission> {
    const known = await this.identities.findAccount(manager, person);
    if (known) {
      return { account: known, linked: false };
    }
    const address = emailSchema.safeParse(person.email);
    if (!person.emailVerified || !address.success) {
      throw providerEmailUnverified.exception();
    }
    const created = await this.registration.registerVerified(manager, address.data, { provider }, context);
    const account = created ?? (await this.accounts.lockVerified(manager, address.data));
    if (!account) {
      throw identityUnlinked.exception();
    }
    if (await this.identities.link(manager, account.id, provider, person, context)) {
      return { account, linked: true };
    }
    // linked by another first login at the same moment
    const linked = await this.identities.findAccount(manager, person);
    if (linked?.id !== account.id) {
      throw socialLoginFailed.exception();
    }
    return { account, linked: false };
  }

  private async refused(provider: string, error: unknown, context: RequestContext): Promise<void> {
    if (error instanceof ProblemException && error.problem.status < 500) {
      this.metrics.flows.inc({ provider, result: 'refused' });
      await this.audit.record(this.dataSource.manager, context, {
        type: 'login.failed',
        detail: { provider, reason: error.problem.code },
      });
    }
  }
}
