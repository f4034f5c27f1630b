import { commaSeparated, commonSettings, loadConfig, setting } from '#common';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { providersSetting } from './config/index.ts';

const seconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const count = (max: number) => z.coerce.number().int().min(1).max(max);

const encryptionKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => Buffer.from(key.trim(), 'base64')))
  .refine((keys) => keys.every((key) => key.length === 32), 'each key must be 32 bytes in base64');

/** Origins as browsers send them: scheme, host and port. */
const origins = commaSeparated.refine(
  (list) => list.length > 0 && list.every((text) => URL.canParse(text) && new URL(text).origin === text),
  'must be origins such as https://app.example.com, comma-separated',
);

/** The settings of the auth service. */
export const authSettings = z.object({
  ...commonSettings,
  KEY_ENCRYPTION_KEYS: setting(encryptionKeys, {
    description:
      '256-bit keys in base64, comma-separated: the first encrypts, all decrypt; make one by `openssl rand -base64 32`',
    secret: true,
  }),
  TOKEN_ISSUER: setting(z.url().default('http://localhost:3000'), {
    description: '`iss` of access tokens: the URL this service is reached by',
  }),
  TOKEN_AUDIENCE: setting(z.string().min(1).default('devopslocally'), { description: '`aud` of access tokens' }),
  ACCESS_TOKEN_TTL_SECONDS: setting(seconds(1, 3600).default(600), {
    description: 'life of an access token; also how long a revoked session lives on where only signatures are checked',
    unit: 's',
  }),
  SESSION_IDLE_TTL_SECONDS: setting(seconds(60, 31_536_000).default(2_592_000), {
    description: 'life of a session without a refresh',
    unit: 's',
  }),
  SESSION_TTL_SECONDS: setting(seconds(60, 31_536_000).default(7_776_000), {
    description: 'life of a session however often it is refreshed',
    unit: 's',
  }),
  KEY_ROTATION_INTERVAL_SECONDS: setting(seconds(60, 31_536_000).default(2_592_000), {
    description: 'age at which a signing key gets its successor',
    unit: 's',
  }),
  KEY_PUBLISH_AHEAD_SECONDS: setting(seconds(0, 86_400).default(600), {
    description: 'time a new signing key is published before it signs; its half is the key set’s `max-age`',
    unit: 's',
  }),
  HASH_MEMORY_KIB: setting(z.coerce.number().int().min(8).max(1_048_576).default(19_456), {
    description: 'argon2id memory of one hash; at login, hashes with other parameters are made anew',
    unit: 'KiB',
  }),
  HASH_PASSES: setting(count(100).default(2), { description: 'argon2id passes' }),
  HASH_PARALLELISM: setting(count(16).default(1), { description: 'argon2id lanes' }),
  HASH_CONCURRENCY: setting(
    count(64)
      .optional()
      .transform((value) => value ?? availableParallelism()),
    { description: 'hashes computed at once, hence memory; unset: one per processor' },
  ),
  HASH_QUEUE_MAX: setting(count(10_000).default(100), {
    description: 'hashes, and new passwords to be judged, that may wait; more are answered 503 with `Retry-After`',
  }),
  HASH_MAX_WAIT_MS: setting(count(60_000).default(700), {
    description: 'longest wait for a hash, and for a judgement, before 503',
    unit: 'ms',
  }),
  WEBAUTHN_RP_ID: setting(z.string().min(1).default('localhost'), {
    description: 'domain that passkeys belong to; a change makes all of them useless',
  }),
  WEBAUTHN_ORIGINS: setting(origins.default(['http://localhost:3000']), {
    description: 'origins of the pages that passkeys are used on, comma-separated',
  }),
  IMPORT_HASH_MAX_MEMORY_KIB: setting(z.coerce.number().int().min(8).max(1_048_576).default(131_072), {
    description: 'memory that checking an imported hash may take; hashes that need more are refused at import',
    unit: 'KiB',
  }),
  AUDIT_RETENTION_DAYS: setting(z.coerce.number().int().min(30).max(36_500).default(400), {
    description: 'age at which events leave the audit trail',
    unit: 'd',
  }),
  LOGIN_ACCOUNT_BURST: setting(count(1000).default(5), {
    description: 'failed logins to one account before each further one must wait: 1 s, 2 s, 4 s … 15 min',
  }),
  LOGIN_ADDRESS_BURST: setting(count(1_000_000).default(100), {
    description:
      'the same for failed logins from one address (IPv6: /64), and for those begun at identity providers and not completed',
  }),
  APP_URL: setting(z.url().default('http://localhost:3000'), {
    description:
      'pages that mails link to: `/verify-email`, `/reset-password`, `/magic-link`, `/confirm-email`, `/accept-invitation`, each with `?token=`',
  }),
  SMTP_URL: setting(
    z
      .string()
      .regex(/^smtps?:\/\//, 'must be an smtp:// or smtps:// URL')
      .optional(),
    {
      description: 'server that mails go out by; unset, mails are off in production and kept at `/dev/mails` elsewhere',
      secret: true,
    },
  ),
  MAIL_FROM: setting(z.string().min(1).default('auth@localhost'), { description: 'sender of mails' }),
  OIDC_PROVIDERS: setting(providersSetting, {
    description:
      'OpenID providers that people may log in by: a JSON array of `id`, `name`, `issuer`, `client_id`, `client_secret`, ' +
      '`redirect_uris`, and if need be `scopes` and `client_authentication`',
    secret: true,
  }),
  OIDC_TIMEOUT_MS: setting(count(60_000).default(3000), {
    description: 'longest wait for one answer of an OpenID provider',
    unit: 'ms',
  }),
  BREACHED_PASSWORDS_URL: setting(z.url({ protocol: /^https?$/ }).optional(), {
    description:
      'service that is asked whether a new password is breached, by the first 5 digits of its SHA-1, such as ' +
      '`https://api.pwnedpasswords.com/range`; unset: off',
  }),
  BREACHED_PASSWORDS_TIMEOUT_MS: setting(count(60_000).default(1000), {
    description: 'longest wait for its answer, after which the password passes',
    unit: 'ms',
  }),
  REGISTER_ADDRESS_BURST: setting(count(1_000_000).default(20), {
    description: 'the same for registrations from one address, successful ones too',
  }),
});

/** The auth service's loaded settings. */
export type AuthConfig = z.output<typeof authSettings>;

/** Injection token of the loaded {@link AuthConfig}. */
export const AUTH_CONFIG = Symbol('auth config');

/** @throws ConfigError that lists all mistakes */
export function loadAuthConfig(environment: NodeJS.ProcessEnv): AuthConfig {
  return loadConfig(authSettings, environment);
}
