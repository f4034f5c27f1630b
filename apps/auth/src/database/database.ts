import { runMigrations, type DatabaseConfig, type DatabaseSchema } from '#common';
import { Account } from '../accounts/index.ts';
import { Passkey } from '../login/passkeys/index.ts';
import { ExternalIdentity } from '../login/social/index.ts';
import { ServiceAccount } from '../service-accounts/index.ts';
import { InitialSchema1764028800000 } from './migrations/1764028800000-initial-schema.ts';
import { Mail1764115200000 } from './migrations/1764115200000-mail.ts';
import { SecondFactors1764115300000 } from './migrations/1764115300000-second-factors.ts';
import { Admin1764115400000 } from './migrations/1764115400000-admin.ts';
import { ServiceAccounts1764115410000 } from './migrations/1764115410000-service-accounts.ts';
import { ImportAndPrivacy1764115500000 } from './migrations/1764115500000-import-and-privacy.ts';
import { SocialLogin1764115600000 } from './migrations/1764115600000-social-login.ts';
import { SecondFactorOfAccount1764115700000 } from './migrations/1764115700000-second-factor-of-account.ts';
import { SecurityEpoch1764200000000 } from './migrations/1764200000000-security-epoch.ts';
import { MailAndLocale1764200300000 } from './migrations/1764200300000-mail-and-locale.ts';
import { PasswordHashCounts1764300000000 } from './migrations/1764300000000-password-hash-counts.ts';
import { AttemptOwner1764300000001 } from './migrations/1764300000001-attempt-owner.ts';
import { UnlinkedIdentities1764300100000 } from './migrations/1764300100000-unlinked-identities.ts';
import { AccountDirectory1764300200000 } from './migrations/1764300200000-account-directory.ts';
import { BrowserSessions1764300400000 } from './migrations/1764300400000-browser-sessions.ts';
import { OpenIdProvider1764300500000 } from './migrations/1764300500000-openid-provider.ts';
import { WasVerified1764300600000 } from './migrations/1764300600000-was-verified.ts';
import { RsaSigningKeys1764400100000 } from './migrations/1764400100000-rsa-signing-keys.ts';
import { Profile1764400200000 } from './migrations/1764400200000-profile.ts';
import { ApplicationAudiences1764400300000 } from './migrations/1764400300000-application-audiences.ts';
import { ApplicationBrand1764400400000 } from './migrations/1764400400000-application-brand.ts';
import { RegisteredApplications1764400800000 } from './migrations/1764400800000-registered-applications.ts';
import { LogoutNotificationsByApplication1764400810000 } from './migrations/1764400810000-logout-notifications-by-application.ts';
import { ScopeDescriptions1764400820000 } from './migrations/1764400820000-scope-descriptions.ts';
import { Webhooks1764400900000 } from './migrations/1764400900000-webhooks.ts';
import { ActivityCounts1764400910000 } from './migrations/1764400910000-activity-counts.ts';
import { MailDelivery1764400920000 } from './migrations/1764400920000-mail-delivery.ts';
import { AccountNames1764400930000 } from './migrations/1764400930000-account-names.ts';
import { ImportRuns1764400940000 } from './migrations/1764400940000-import-runs.ts';
import { ConsentsByApplication1764400950000 } from './migrations/1764400950000-consents-by-application.ts';
import { TimeOfArtifacts1764400960000 } from './migrations/1764400960000-time-of-artifacts.ts';
import { AccountStates1764400970000 } from './migrations/1764400970000-account-states.ts';
import { PausedWebhooks1764400980000 } from './migrations/1764400980000-paused-webhooks.ts';

/** The service's entities and migrations. */
export const authSchema: DatabaseSchema = {
  applicationName: 'auth',
  entities: [Account, ExternalIdentity, Passkey, ServiceAccount],
  migrations: [
    InitialSchema1764028800000,
    Mail1764115200000,
    SecondFactors1764115300000,
    Admin1764115400000,
    ServiceAccounts1764115410000,
    ImportAndPrivacy1764115500000,
    SocialLogin1764115600000,
    SecondFactorOfAccount1764115700000,
    SecurityEpoch1764200000000,
    MailAndLocale1764200300000,
    PasswordHashCounts1764300000000,
    AttemptOwner1764300000001,
    UnlinkedIdentities1764300100000,
    AccountDirectory1764300200000,
    BrowserSessions1764300400000,
    OpenIdProvider1764300500000,
    WasVerified1764300600000,
    RsaSigningKeys1764400100000,
    Profile1764400200000,
    ApplicationAudiences1764400300000,
    ApplicationBrand1764400400000,
    RegisteredApplications1764400800000,
    LogoutNotificationsByApplication1764400810000,
    ScopeDescriptions1764400820000,
    Webhooks1764400900000,
    ActivityCounts1764400910000,
    MailDelivery1764400920000,
    AccountNames1764400930000,
    ImportRuns1764400940000,
    ConsentsByApplication1764400950000,
    TimeOfArtifacts1764400960000,
    AccountStates1764400970000,
    PausedWebhooks1764400980000,
  ],
};

/**
 * Applies pending migrations.
 * @returns names of the applied migrations
 */
export const migrate = (config: DatabaseConfig): Promise<string[]> => runMigrations(config, authSchema);
