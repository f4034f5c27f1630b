import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { ApplicationsModule } from '../applications/index.ts';
import { AuditModule } from '../audit/index.ts';
import { PagesKitModule } from '../pages/kit/index.ts';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { ServiceAccountsModule } from '../service-accounts/index.ts';
import { BrowserSessionsModule } from '../sessions/browser-sessions/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { TokensModule } from '../sessions/tokens/index.ts';
import { SigningKeysModule } from '../signing-keys/index.ts';
import { OpenIdAccessTokensService } from './access-tokens.service.ts';
import { Adapters } from './adapters.ts';
import { BegunInteractions } from './begun-interactions.ts';
import { ArtifactsRepository } from './artifacts.repository.ts';
import { ConsentPagesController } from './consent-pages.controller.tsx';
import { ConsentsController } from './consents.controller.ts';
import { GrantsRepository } from './grants.repository.ts';
import { GrantsService } from './grants.service.ts';
import { InteractionsService } from './interactions.service.ts';
import { LogoutDispatcher } from './logout-dispatcher.ts';
import { LogoutNotificationsRepository } from './logout-notifications.repository.ts';
import { OpenIdRoutes } from './openid.routes.ts';
import { OpenIdSessionsRepository } from './openid-sessions.repository.ts';
import { OpenIdPages } from './pages.tsx';
import { ProviderFactory } from './provider-factory.ts';
import { ProviderService } from './provider.service.ts';
import { RegistrationRoutes } from './registration.routes.ts';
import { RegistrationService } from './registration.service.ts';
import { RefreshesService } from './refreshes.service.ts';
import { RefreshTokensRepository } from './refresh-tokens.repository.ts';
import { Resources } from './resources.ts';

/** The OpenID provider: applications sign people in with the service's accounts and sessions. */
@Module({
  imports: [
    AccountsModule,
    ApplicationsModule,
    AuditModule,
    BrowserSessionsModule,
    PagesKitModule,
    RateLimitsModule,
    ServiceAccountsModule,
    SessionsModule,
    SigningKeysModule,
    TokensModule,
  ],
  controllers: [ConsentsController, ConsentPagesController],
  providers: [
    Adapters,
    BegunInteractions,
    ArtifactsRepository,
    GrantsRepository,
    GrantsService,
    InteractionsService,
    LogoutDispatcher,
    LogoutNotificationsRepository,
    OpenIdAccessTokensService,
    OpenIdPages,
    OpenIdRoutes,
    OpenIdSessionsRepository,
    ProviderFactory,
    ProviderService,
    RefreshesService,
    RefreshTokensRepository,
    RegistrationRoutes,
    RegistrationService,
    Resources,
  ],
  exports: [ArtifactsRepository, GrantsRepository, GrantsService, RefreshTokensRepository],
})
export class OpenIdModule {}
