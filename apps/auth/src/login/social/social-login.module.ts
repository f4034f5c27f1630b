import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.ts';
import { AuditModule } from '../../audit/index.ts';
import { RateLimitsModule } from '../../rate-limits/index.ts';
import { SessionsModule } from '../../sessions/index.ts';
import { LoginCompletionModule } from '../completion/index.ts';
import { LoginRepository } from '../index.ts';
import { FlowCookie } from './flow-cookie.ts';
import { FlowsRepository } from './flows.repository.ts';
import { FlowsService } from './flows.service.ts';
import { IdentitiesController } from './identities.controller.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import { IdentitiesService } from './identities.service.ts';
import { OidcProviders } from './oidc-providers.ts';
import { SocialLoginController } from './social-login.controller.ts';
import { SocialLoginMetrics } from './social-login.metrics.ts';
import { SocialLoginService } from './social-login.service.ts';
import { UnlinkedIdentitiesRepository } from './unlinked-identities.repository.ts';

/** Logging in by OpenID providers, and the identities of accounts there. */
@Module({
  imports: [AccountsModule, AuditModule, LoginCompletionModule, RateLimitsModule, SessionsModule],
  controllers: [SocialLoginController, IdentitiesController],
  providers: [
    FlowCookie,
    FlowsRepository,
    FlowsService,
    IdentitiesRepository,
    IdentitiesService,
    LoginRepository,
    OidcProviders,
    SocialLoginMetrics,
    SocialLoginService,
    UnlinkedIdentitiesRepository,
  ],
  exports: [
    FlowsRepository,
    FlowsService,
    IdentitiesRepository,
    IdentitiesService,
    OidcProviders,
    SocialLoginService,
    UnlinkedIdentitiesRepository,
  ],
})
export class SocialLoginModule {}
