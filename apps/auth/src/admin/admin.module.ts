import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { ApplicationsModule } from '../applications/index.ts';
import { AuditModule } from '../audit/index.ts';
import { EmailLinksModule } from '../email/links/index.ts';
import { OneTimeTokensModule } from '../email/one-time-tokens/index.ts';
import { MailModule } from '../email/outbox/index.ts';
import { MfaModule } from '../login/mfa/index.ts';
import { PasskeysModule } from '../login/passkeys/index.ts';
import { SocialLoginModule } from '../login/social/index.ts';
import { OpenIdModule } from '../openid/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { PrivacyModule } from '../privacy/index.ts';
import { RateLimitsModule } from '../rate-limits/index.ts';
import { ServiceAccountsModule } from '../service-accounts/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { SigningKeysModule } from '../signing-keys/index.ts';
import { StatisticsModule } from '../statistics/index.ts';
import { AccountConnectionsController } from './account-connections.controller.ts';
import { AccountConnectionsService } from './account-connections.service.ts';
import { AccountCreationController } from './account-creation.controller.ts';
import { AccountCreationService } from './account-creation.service.ts';
import { AccountCredentialsController } from './account-credentials.controller.ts';
import { AccountCredentialsService } from './account-credentials.service.ts';
import { AccountEmailController } from './account-email.controller.ts';
import { AccountEmailService } from './account-email.service.ts';
import { AccountExportController } from './account-export.controller.ts';
import { AccountLimitsController } from './account-limits.controller.ts';
import { AccountLimitsService } from './account-limits.service.ts';
import { AccountProfileController } from './account-profile.controller.ts';
import { AccountProfileService } from './account-profile.service.ts';
import { AccountReadsService } from './account-reads.service.ts';
import { AccountSearchController } from './account-search.controller.ts';
import { AccountSearchService } from './account-search.service.ts';
import { AdminActsService } from './admin-acts.service.ts';
import { AdminController } from './admin.controller.ts';
import { AdminService } from './admin.service.ts';
import { ApplicationConsentsController } from './application-consents.controller.ts';
import { ApplicationConsentsService } from './application-consents.service.ts';
import { KeyRotationController } from './key-rotation.controller.ts';
import { AdminMailsController } from './mails.controller.ts';
import { AdminMailsService } from './mails.service.ts';
import { SettingsController } from './settings.controller.ts';
import { SigningKeyListController } from './signing-keys.controller.ts';
import { StatisticsController } from './statistics.controller.ts';
import { StatisticsService } from './statistics.service.ts';

/** What admins do with accounts. */
@Module({
  imports: [
    AccountsModule,
    ApplicationsModule,
    AuditModule,
    EmailLinksModule,
    MailModule,
    MfaModule,
    OneTimeTokensModule,
    OpenIdModule,
    PasskeysModule,
    PasswordsModule,
    PrivacyModule,
    RateLimitsModule,
    ServiceAccountsModule,
    SessionsModule,
    SigningKeysModule,
    SocialLoginModule,
    StatisticsModule,
  ],
  controllers: [
    AccountConnectionsController,
    AccountCreationController,
    AccountCredentialsController,
    AccountEmailController,
    AccountExportController,
    AccountLimitsController,
    AccountProfileController,
    AccountSearchController,
    AdminController,
    AdminMailsController,
    ApplicationConsentsController,
    KeyRotationController,
    SettingsController,
    SigningKeyListController,
    StatisticsController,
  ],
  providers: [
    AccountConnectionsService,
    AccountCreationService,
    AccountCredentialsService,
    AccountEmailService,
    AccountLimitsService,
    AccountProfileService,
    AccountReadsService,
    AccountSearchService,
    AdminActsService,
    AdminMailsService,
    AdminService,
    ApplicationConsentsService,
    StatisticsService,
  ],
})
export class AdminModule {}
