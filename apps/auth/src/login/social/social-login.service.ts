import { ProblemException, type RequestContext } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  email as emailSchema,
  MailboxProofsService,
  registrationClosed,
  RegistrationService,
  type StoredAccount,
} from '../../accounts/index.ts';
import { AuditService } from '../../audit/index.ts';
import { LoginCompletionService, type LoginResult, type ProvenLogin } from '../completion/index.ts';
import { LoginRepository } from '../index.ts';
import { FlowsService } from './flows.service.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import { IdentitiesService } from './identities.service.ts';
import type { AuthorizationResponse, Person } from './oidc-providers.ts';
import { identityChanges, SocialLoginMetrics } from './social-login.metrics.ts';
import { identityUnlinked, providerEmailUnverified, socialLoginFailed } from './social-login.problems.ts';
import { UnlinkedIdentitiesRepository } from './unlinked-identities.repository.ts';

/** The account that a person logs in to. */
interface Admission {
  account: StoredAccount;
  /** Whether this login has linked the person's identity to it. */
  linked: boolean;
}

/** Logs people in by their identity at an OpenID provider. */
@Injectable()
export class SocialLoginService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly mailboxProofs: MailboxProofsService,
    private readonly registration: RegistrationService,
    private readonly logins: LoginRepository,
    private readonly identities: IdentitiesRepository,
    private readonly unlinked: UnlinkedIdentitiesRepository,
    private readonly linking: IdentitiesService,
    private readonly flows: FlowsService,
    private readonly completion: LoginCompletionService,
    private readonly audit: AuditService,
    private readonly metrics: SocialLoginMetrics,
  ) {}

  /**
   * Logs in to the account that the person's identity is linked to. An unknown identity is linked to the account with the same
   * e-mail address if the provider has verified it; if this service has not, everything else that opens the account is removed.
   * If no account has this e-mail address, a new one without a password is registered, unless registration is closed.
   * @param cookies the request's `cookie` header
   * An identity that was unlinked from that account stays unlinked.
   * @throws ProblemException `provider_email_unverified`, `email_unverified`, `identity_unlinked`, `registration_closed`, and the
   *   problems of {@link FlowsService.finish}
   */
  async login(
    provider: string,
    response: AuthorizationResponse,
    cookies: string | undefined,
    context: RequestContext,
  ): Promise<LoginResult> {
    const person = await this.flows.finish(provider, response, null, cookies, context);
    try {
      if (!(await this.identities.find(person.issuer, person.subject))) {
        await this.registration.consumeLimit(context);
      }
      const { result, linked } = await this.dataSource.transaction(async (manager) => {
        const { account, linked } = await this.admit(manager, provider, person, context);
        const login: ProvenLogin = { account, method: 'social', amr: ['fed'], cookies };
        return { result: await this.completion.complete(manager, login, context), linked };
      });
      this.metrics.flows.inc({ provider, result: 'succeeded' });
      identityChanges.inc({ change: 'linked' }, linked ? 1 : 0);
      return result;
    } catch (error) {
      await this.recordRefusal(provider, error, context);
      throw error;
    }
  }

  private async admit(
    manager: EntityManager,
    provider: string,
    person: Person,
    context: RequestContext,
  ): Promise<Admission> {
    const known = await this.logins.useIdentity(manager, person);
    if (known) {
      return { account: known, linked: false };
    }
    const { data: email } = emailSchema.safeParse(person.email);
    if (!person.emailVerified || email === undefined) {
      throw providerEmailUnverified.exception();
    }
    const registered = await this.registration.registerVerified(manager, email, { provider }, context);
    const account = registered ?? (await this.mailboxProofs.byProvider(manager, email, context))?.account;
    if (!account) {
      // the account has been deleted meanwhile, or there is none
      throw (this.registration.isOpen ? socialLoginFailed : registrationClosed).exception();
    }
    if (!registered && (await this.unlinked.has(manager, account.id, person))) {
      throw identityUnlinked.exception();
    }
    if (await this.linking.link(manager, account.id, provider, person, context, registered !== undefined)) {
      return { account, linked: true };
    }
    // a concurrent first login of the same person has linked it
    const owner = await this.logins.useIdentity(manager, person);
    if (owner?.id !== account.id) {
      throw socialLoginFailed.exception();
    }
    return { account, linked: false };
  }

  private async recordRefusal(provider: string, error: unknown, context: RequestContext): Promise<void> {
    if (error instanceof ProblemException && error.problem.status < 500) {
      this.metrics.flows.inc({ provider, result: 'refused' });
      await this.audit.record(this.dataSource.manager, context, {
        type: 'login.failed',
        detail: { provider, reason: error.problem.code },
      });
    }
  }
}
