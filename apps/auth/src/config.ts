import { commaSeparated, commonSettings, isAddressRange, loadConfig, setting } from '#common';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { brandColor, consoleClientId, logoFile, productionProblems, providersSetting } from './config/index.ts';

const seconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const count = (max: number) => z.coerce.number().int().min(1).max(max);

const encryptionKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => Buffer.from(key.trim(), 'base64')))
  .refine((keys) => keys.every((key) => key.length === 32), 'each key must be 32 bytes in base64');

/** The origin of an Android app: the SHA-256 of its signing certificate in base64url. */
const androidOrigin = /^android:apk-key-hash:[\w-]{43}$/;

/** Origins as browsers send them, which are scheme, host and port, and as Android does for apps. */
const origins = commaSeparated.refine(
  (list) =>
    list.length > 0 &&
    list.every((text) => androidOrigin.test(text) || (URL.canParse(text) && new URL(text).origin === text)),
  'must be origins such as https://app.example.com or android:apk-key-hash:…, comma-separated',
);

const networks = commaSeparated.refine(
  (list) => list.every(isAddressRange),
  'must be IP addresses and CIDR ranges, comma-separated',
);

/** The settings of the auth service. */
export const authSettings = z.object({
  ...commonSettings,
  KEY_ENCRYPTION_KEYS: setting(encryptionKeys, {
    description:
      '256-bit keys in base64, comma-separated; the first encrypts, all decrypt; `openssl rand -base64 32` makes one',
    secret: true,
  }),
  TOKEN_ISSUER: setting(z.url().default('http://localhost:3000'), {
    visible: true,
    description: '`iss` of access tokens: the public URL of this service',
  }),
  TOKEN_AUDIENCE: setting(z.string().min(1).default('devopslocally'), {
    visible: true,
    description: '`aud` of access tokens',
  }),
  ACCESS_TOKEN_TTL_SECONDS: setting(seconds(1, 3600).default(600), {
    description:
      'lifetime of an access token; services that check only signatures accept a revoked session for that long',
    unit: 's',
  }),
  SESSION_IDLE_TTL_SECONDS: setting(seconds(60, 31_536_000).default(2_592_000), {
    description: 'lifetime of a session after its last refresh',
    unit: 's',
  }),
  REFRESH_GRACE_SECONDS: setting(seconds(1, 3600).default(60), {
    description:
      'how long a used refresh token gives its successor again, until the successor is used; for clients whose response got lost',
    unit: 's',
  }),
  SESSION_TTL_SECONDS: setting(seconds(60, 31_536_000).default(7_776_000), {
    description: 'maximum lifetime of a session, however often it is refreshed',
    unit: 's',
  }),
  KEY_ROTATION_INTERVAL_SECONDS: setting(seconds(60, 31_536_000).default(2_592_000), {
    description: 'age at which a signing key is rotated',
    unit: 's',
  }),
  KEY_PUBLISH_AHEAD_SECONDS: setting(seconds(0, 86_400).default(600), {
    description: 'time that a new signing key is published before it signs; half of it is the `max-age` of the key set',
    unit: 's',
  }),
  PASSWORD_MIN_LENGTH: setting(z.coerce.number().int().min(8).max(64).default(8), {
    description:
      'minimum length of new passwords; NIST SP 800-63B-4 requires 15 where the password is the only factor, and 8 elsewhere',
    unit: 'characters',
  }),
  HASH_MEMORY_KIB: setting(z.coerce.number().int().min(8).max(1_048_576).default(19_456), {
    description: 'argon2id memory per hash; a login rehashes a password whose parameters differ',
    unit: 'KiB',
  }),
  HASH_PASSES: setting(count(100).default(2), { description: 'argon2id passes' }),
  HASH_PARALLELISM: setting(count(16).default(1), { description: 'argon2id lanes (degree of parallelism)' }),
  HASH_CONCURRENCY: setting(
    count(64)
      .optional()
      .transform((value) => value ?? availableParallelism()),
    { description: 'hashes computed concurrently, which bounds their memory; defaults to one per processor' },
  ),
  HASH_QUEUE_MAX: setting(count(10_000).default(100), {
    description: 'password hashes, and strength checks, that may wait; further ones get 503 with `Retry-After`',
  }),
  HASH_MAX_WAIT_MS: setting(count(60_000).default(700), {
    description:
      'maximum wait for a password hash or a strength check before 503; the next in the queue wait for those that run',
    unit: 'ms',
  }),
  WEBAUTHN_RP_ID: setting(z.string().min(1).default('localhost'), {
    visible: true,
    description: 'domain that passkeys are bound to; a change invalidates all passkeys',
  }),
  WEBAUTHN_ORIGINS: setting(origins.default(['http://localhost:3000']), {
    visible: true,
    description:
      'origins of the pages, and of the Android apps (`android:apk-key-hash:…`), that use passkeys, comma-separated',
  }),
  IMPORT_HASH_MAX_MEMORY_KIB: setting(z.coerce.number().int().min(8).max(1_048_576).default(131_072), {
    description: 'maximum memory to verify an imported hash; an import rejects hashes that need more',
    unit: 'KiB',
  }),
  AUDIT_RETENTION_DAYS: setting(z.coerce.number().int().min(30).max(36_500).default(400), {
    description: 'age at which audit events are deleted',
    unit: 'd',
  }),
  LOGIN_ACCOUNT_BURST: setting(count(1000).default(5), {
    description: 'failed logins per account before further ones are delayed by 1 s, 2 s, 4 s … 15 min',
  }),
  LOGIN_ADDRESS_BURST: setting(count(1_000_000).default(100), {
    description:
      'failed logins, and abandoned logins with OpenID providers, per IP address (IPv6: /64) before further ones are delayed',
  }),
  REGISTRATION_OPEN: setting(z.stringbool().default(true), {
    description:
      'whether people can register, also by a first login with an OpenID provider; if not, admins invite or create accounts',
  }),
  CONCEAL_TAKEN_EMAILS: setting(z.stringbool().default(false), {
    description:
      'whether registration responds alike for taken e-mail addresses, whose owners get a mail instead; needs `REQUIRE_VERIFIED_EMAIL`',
  }),
  MAGIC_LINKS_ENABLED: setting(z.stringbool().default(true), {
    description:
      'whether people can log in by a link in an e-mail; if not, links that were sent before do not work either',
  }),
  REQUIRE_VERIFIED_EMAIL: setting(z.stringbool().default(false), {
    description:
      'whether only accounts with a verified e-mail address can log in; sessions that have begun go on; needs a mail server',
  }),
  STEP_UP_MAX_AGE_SECONDS: setting(count(86_400).default(900), {
    description:
      'maximum age of the login, or of the last proof of the second factor, for operations that give power over accounts, and ' +
      'to delete one’s own account',
    unit: 's',
  }),
  APP_URL: setting(z.url().default('http://localhost:3000'), {
    visible: true,
    description:
      'base URL of the pages that e-mails link to, by default those of this service: `/verify-email`, `/reset-password`, `/magic-link`, `/confirm-email`, ' +
      '`/accept-invitation`, each with `?token=`',
  }),
  BRAND_NAME: setting(z.string().min(1).max(64).default('devopslocally'), {
    visible: true,
    description: 'name of the service as its pages show it',
  }),
  BRAND_LOGO_FILE: setting(logoFile.optional(), {
    description: 'logo that the pages show instead of the name: the path of a PNG or SVG file of 20 KiB at most',
  }),
  BRAND_COLOR: setting(brandColor.optional(), {
    visible: true,
    description:
      'colour of buttons and links, such as `#1d4ed8`; dark pages use a lighter one; it must have a contrast of 4.5 on the ground of light pages, `#f4f5f7`',
  }),
  TERMS_URL: setting(z.url({ protocol: /^https?$/ }).optional(), {
    visible: true,
    description: 'terms of use that the pages link to',
  }),
  PRIVACY_URL: setting(z.url({ protocol: /^https?$/ }).optional(), {
    visible: true,
    description: 'privacy policy that the pages link to',
  }),
  SMTP_URL: setting(
    z
      .string()
      .regex(/^smtps?:\/\//, 'must be an smtp:// or smtps:// URL')
      .optional(),
    {
      description:
        'mail server; if unset, production sends no e-mails, and other environments show them at `/dev/mails`',
      secret: true,
    },
  ),
  MAIL_FROM: setting(z.string().min(1).default('auth@localhost'), {
    visible: true,
    description: 'sender of all e-mails',
  }),
  OIDC_PROVIDERS: setting(providersSetting, {
    description:
      'OpenID providers that users can log in with: a JSON array of objects with `id`, `name`, `issuer`, `client_id`, ' +
      '`client_secret`, `redirect_uris` and, optionally, `scopes`, `client_authentication` and `trust_email`',
    secret: true,
  }),
  APPLICATIONS_FILE: setting(z.string().min(1).optional(), {
    visible: true,
    description:
      'file in JSON or YAML that declares applications, as a ConfigMap does: `applications`, a list of what `POST ' +
      '/auth/admin/applications` takes, with `client_id` and `secret_hashes`; it is applied at start and whenever it changes',
  }),
  OPENID_REGISTRATION_TOKEN: setting(z.string().min(32).regex(/^\S+$/, 'must not contain spaces').optional(), {
    description:
      'initial access token with which applications may register themselves at `/openid/registration` (RFC 7591), at least 32 ' +
      'characters; off if unset',
    secret: true,
  }),
  WEBHOOK_ALLOWED_NETWORKS: setting(networks.default([]), {
    description:
      'IP addresses and CIDR ranges, comma-separated, that webhooks may go to although they are not public, by `http://` too; ' +
      'metadata services and other internal ones must not be among them',
  }),
  OIDC_TIMEOUT_MS: setting(count(60_000).default(3000), {
    description: 'maximum wait for a response of an OpenID provider',
    unit: 'ms',
  }),
  BREACHED_PASSWORDS_URL: setting(z.url({ protocol: /^https?$/ }).optional(), {
    visible: true,
    description:
      'service that checks new passwords for breaches by the first 5 hexadecimal digits of their SHA-1, such as ' +
      '`https://api.pwnedpasswords.com/range`; off if unset',
  }),
  BREACHED_PASSWORDS_TIMEOUT_MS: setting(count(60_000).default(1000), {
    description: 'maximum wait for its response; after that the password is accepted',
    unit: 'ms',
  }),
  REGISTER_ADDRESS_BURST: setting(count(1_000_000).default(20), {
    description: 'registrations per IP address (IPv6: /64), successful ones too, before further ones are delayed',
  }),
});

/** The loaded settings of the auth service. */
export type AuthConfig = z.output<typeof authSettings>;

/** Injection token of the loaded {@link AuthConfig}. */
export const AUTH_CONFIG = Symbol('auth config');

const evenIfOthersAreInvalid = { when: () => true };

/** @throws ConfigError that lists all problems */
export function loadAuthConfig(environment: NodeJS.ProcessEnv): AuthConfig {
  const checked = authSettings.superRefine((values, context) => {
    for (const [name, message] of productionProblems(values)) {
      context.addIssue({ code: 'custom', path: [name], message });
    }
    // the console's tokens would pass for those of a login, which belong to no grant
    if (values.TOKEN_AUDIENCE === consoleClientId) {
      context.addIssue({
        code: 'custom',
        path: ['TOKEN_AUDIENCE'],
        message: 'must not be the client id of the console',
      });
    }
    // otherwise a login with the password of the registration would tell
    if (values.CONCEAL_TAKEN_EMAILS && !values.REQUIRE_VERIFIED_EMAIL) {
      context.addIssue({ code: 'custom', path: ['CONCEAL_TAKEN_EMAILS'], message: 'needs REQUIRE_VERIFIED_EMAIL' });
    }
  }, evenIfOthersAreInvalid);
  return loadConfig(checked, environment);
}
