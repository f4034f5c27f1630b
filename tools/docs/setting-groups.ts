import type { SettingDescription } from '#common';

/** Settings that a reader looks for in one place, in the order of the page. */
const groups: Record<string, string[]> = {
  Server: [
    'NODE_ENV',
    'HOST',
    'PORT',
    'METRICS_PORT',
    'LOG_LEVEL',
    'TRUST_PROXY',
    'CORS_ORIGINS',
    'REQUEST_TIMEOUT_SECONDS',
    'MAX_IN_FLIGHT_REQUESTS',
    'SHUTDOWN_DELAY_SECONDS',
    'SHUTDOWN_TIMEOUT_SECONDS',
  ],
  Database: [
    'DATABASE_URL',
    'DATABASE_PORT',
    'DATABASE_POOL_MAX',
    'DATABASE_CONNECT_TIMEOUT_MS',
    'DATABASE_STATEMENT_TIMEOUT_MS',
    'DATABASE_LOCK_TIMEOUT_MS',
  ],
  'Tokens and sessions': [
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'ACCESS_TOKEN_TTL_SECONDS',
    'SESSION_IDLE_TTL_SECONDS',
    'SESSION_TTL_SECONDS',
    'REFRESH_GRACE_SECONDS',
    'STEP_UP_MAX_AGE_SECONDS',
  ],
  Accounts: ['REGISTRATION_OPEN', 'REQUIRE_VERIFIED_EMAIL', 'CONCEAL_TAKEN_EMAILS', 'MAGIC_LINKS_ENABLED'],
  Keys: ['KEY_ENCRYPTION_KEYS', 'KEY_ROTATION_INTERVAL_SECONDS', 'KEY_PUBLISH_AHEAD_SECONDS'],
  Passwords: [
    'PASSWORD_MIN_LENGTH',
    'HASH_MEMORY_KIB',
    'HASH_PASSES',
    'HASH_PARALLELISM',
    'HASH_CONCURRENCY',
    'HASH_QUEUE_MAX',
    'HASH_MAX_WAIT_MS',
    'IMPORT_HASH_MAX_MEMORY_KIB',
    'BREACHED_PASSWORDS_URL',
    'BREACHED_PASSWORDS_TIMEOUT_MS',
  ],
  'Rate limits': ['LOGIN_ACCOUNT_BURST', 'LOGIN_ADDRESS_BURST', 'REGISTER_ADDRESS_BURST'],
  Pages: ['BRAND_NAME', 'BRAND_LOGO_FILE', 'BRAND_COLOR', 'TERMS_URL', 'PRIVACY_URL'],
  'E-mail': ['APP_URL', 'SMTP_URL', 'MAIL_FROM'],
  Passkeys: ['WEBAUTHN_RP_ID', 'WEBAUTHN_ORIGINS'],
  'OpenID providers': ['OIDC_PROVIDERS', 'OIDC_TIMEOUT_MS'],
  Applications: ['APPLICATIONS_FILE', 'OPENID_REGISTRATION_TOKEN'],
  Webhooks: ['WEBHOOK_ALLOWED_NETWORKS'],
  'Audit trail': ['AUDIT_RETENTION_DAYS'],
  Telemetry: ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_TRACES_SAMPLER_ARG'],
};

/**
 * Sorts the settings into their groups.
 * @throws Error unless each setting is in exactly one group, and each name in a group is a setting
 */
export function groupSettings(settings: SettingDescription[]): [group: string, settings: SettingDescription[]][] {
  const named = Object.values(groups).flat();
  const known = settings.map(({ name }) => name);
  const misplaced = [
    ...known.filter((name) => named.filter((other) => other === name).length !== 1),
    ...named.filter((name) => !known.includes(name)),
  ];
  if (misplaced.length > 0) {
    throw new Error(`Put each setting into exactly one group of setting-groups.ts: ${misplaced.join(', ')}`);
  }
  return Object.entries(groups).map(([group, names]) => [
    group,
    names.flatMap((name) => settings.filter((setting) => setting.name === name)),
  ]);
}
