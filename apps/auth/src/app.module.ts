import { DatabaseModule, HealthModule, JwtAuthModule, LoggingModule } from '#common';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from './accounts/index.ts';
import { AdminModule } from './admin/index.ts';
import { ApplicationsModule, ApplicationsService } from './applications/index.ts';
import { AuditLogModule } from './audit/log/index.ts';
import { AUTH_CONFIG, type AuthConfig } from './config.ts';
import { ConsoleModule } from './console/index.ts';
import { EmailChangeModule } from './accounts/email-change/index.ts';
import { EmailVerificationModule } from './accounts/email-verification/index.ts';
import { ForwardAuthModule } from './forward-auth/index.ts';
import { HousekeepingModule } from './housekeeping/index.ts';
import { ImportExportModule } from './accounts/import-export/index.ts';
import { InvitationsModule } from './accounts/invitations/index.ts';
import { KeyringModule } from './keyring/index.ts';
import { SigningKeysModule, SigningKeysService } from './signing-keys/index.ts';
import { MagicLinkModule } from './login/magic-link/index.ts';
import { DevMailsModule } from './email/outbox/index.ts';
import { MfaModule } from './login/mfa/index.ts';
import { ArtifactsRepository, GrantsService, OpenIdModule } from './openid/index.ts';
import { PagesModule } from './pages/index.ts';
import { PasskeysModule } from './login/passkeys/index.ts';
import { PasswordResetModule } from './accounts/password-reset/index.ts';
import { PrivacyModule } from './privacy/index.ts';
import { authSchema } from './database/index.ts';
import { ClientCredentialsModule } from './service-accounts/client-credentials/index.ts';
import { ServiceAccountsModule, ServiceAccountsService } from './service-accounts/index.ts';
import { SessionsModule, SessionsService } from './sessions/index.ts';
import { PasswordLoginModule } from './login/password/index.ts';
import { SocialLoginModule } from './login/social/index.ts';
import { WebhooksModule } from './webhooks/index.ts';

@Global()
@Module({})
class ConfigModule {
  static register(config: AuthConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: AUTH_CONFIG, useValue: config }],
      exports: [AUTH_CONFIG],
    };
  }
}

/** The auth service. */
@Module({})
export class AppModule {
  static register(config: AuthConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.register(config),
        LoggingModule.register(config),
        DatabaseModule.register(config, authSchema),
        HealthModule.register({
          imports: [SigningKeysModule],
          inject: [SigningKeysService],
          useFactory: (keys: SigningKeysService) => ({
            async signing_key() {
              keys.current();
            },
          }),
        }),
        JwtAuthModule.register({
          imports: [SigningKeysModule, SessionsModule, ServiceAccountsModule, ApplicationsModule, OpenIdModule],
          inject: [
            SigningKeysService,
            SessionsService,
            ServiceAccountsService,
            ApplicationsService,
            ArtifactsRepository,
            GrantsService,
          ],
          useFactory: (
            keys: SigningKeysService,
            sessions: SessionsService,
            serviceAccounts: ServiceAccountsService,
            applications: ApplicationsService,
            artifacts: ArtifactsRepository,
            grants: GrantsService,
          ) => ({
            issuer: config.TOKEN_ISSUER,
            audience: config.TOKEN_AUDIENCE,
            resolveKey: (kid: string) => keys.resolve(kid),
            checkSession: async (principal) =>
              (await grants.covers(principal, config.TOKEN_AUDIENCE)) ? sessions.check(principal) : null,
            dpop: {
              publicUrl: config.TOKEN_ISSUER,
              useOnce: (id, seconds) => artifacts.saveOnce({ model: 'DpopProof', id }, seconds),
            },
            recentLoginSeconds: config.STEP_UP_MAX_AGE_SECONDS,
            checkClient: async (client) =>
              (await serviceAccounts.check(client)) ?? applications.check(client, config.TOKEN_AUDIENCE),
          }),
        }),
        KeyringModule,
        AccountsModule,
        PasswordLoginModule,
        EmailChangeModule,
        EmailVerificationModule,
        PasswordResetModule,
        MagicLinkModule,
        SocialLoginModule,
        ClientCredentialsModule,
        MfaModule,
        OpenIdModule,
        PasskeysModule,
        ImportExportModule,
        PrivacyModule,
        HousekeepingModule,
        AdminModule,
        AuditLogModule,
        InvitationsModule,
        PagesModule,
        ConsoleModule,
        ForwardAuthModule,
        WebhooksModule,
        DevMailsModule.register(config.NODE_ENV !== 'production'),
      ],
    };
  }
}
