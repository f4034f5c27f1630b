import { DatabaseModule, HealthModule, JwtAuthModule, LoggingModule } from '#common';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from './accounts/index.ts';
import { AdminModule } from './admin/index.ts';
import { AuditLogModule } from './audit-log/index.ts';
import { AUTH_CONFIG, type AuthConfig } from './config.ts';
import { EmailChangeModule } from './email-change/index.ts';
import { HousekeepingModule } from './housekeeping/index.ts';
import { ImportModule } from './import/index.ts';
import { InvitationsModule } from './invitations/index.ts';
import { KeyringModule } from './keyring/index.ts';
import { KeysModule, KeysService } from './keys/index.ts';
import { MagicLinksModule } from './magic-links/index.ts';
import { DevMailsModule } from './mail/index.ts';
import { MfaModule } from './mfa/index.ts';
import { PasskeysModule } from './passkeys/index.ts';
import { PasswordResetModule } from './password-reset/index.ts';
import { PrivacyModule } from './privacy/index.ts';
import { authSchema } from './schema.ts';
import { ServiceAccountsModule, ServiceAccountsService } from './service-accounts/index.ts';
import { SessionsModule, SessionsService } from './sessions/index.ts';
import { SignInModule } from './sign-in/index.ts';
import { SocialLoginModule } from './social-login/index.ts';

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
          imports: [KeysModule],
          inject: [KeysService],
          useFactory: (keys: KeysService) => ({
            async signing_key() {
              keys.current();
            },
          }),
        }),
        JwtAuthModule.register({
          imports: [KeysModule, SessionsModule, ServiceAccountsModule],
          inject: [KeysService, SessionsService, ServiceAccountsService],
          useFactory: (keys: KeysService, sessions: SessionsService, serviceAccounts: ServiceAccountsService) => ({
            issuer: config.TOKEN_ISSUER,
            audience: config.TOKEN_AUDIENCE,
            resolveKey: (kid: string) => keys.resolve(kid),
            checkSession: (principal) => sessions.check(principal),
            checkClient: (client) => serviceAccounts.check(client),
          }),
        }),
        KeyringModule,
        AccountsModule,
        SignInModule,
        EmailChangeModule,
        PasswordResetModule,
        MagicLinksModule,
        SocialLoginModule,
        MfaModule,
        PasskeysModule,
        ImportModule,
        PrivacyModule,
        HousekeepingModule,
        AdminModule,
        AuditLogModule,
        InvitationsModule,
        DevMailsModule.register(config.NODE_ENV !== 'production'),
      ],
    };
  }
}
