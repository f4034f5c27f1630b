import { isIP } from 'node:net';
import { z } from 'zod';
import { setting } from './config.ts';

const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** A comma-separated list of non-empty words. */
export const commaSeparated = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);

/** A comma-separated list of IP addresses and CIDR ranges. */
const addressRanges = commaSeparated.refine(
  (ranges) => ranges.every((range) => isIP(range.replace(/\/\d{1,3}$/, '')) !== 0),
  'must be IP addresses or CIDR ranges, comma-separated',
);

/** The settings that every service of the platform has. */
export const commonSettings = {
  NODE_ENV: setting(z.enum(['production', 'development', 'test']).default('production'), {
    description: 'kind of environment; `development` prints logs for people and lets cookies travel over HTTP',
  }),
  HOST: setting(z.string().default('0.0.0.0'), { description: 'address that both ports listen on' }),
  PORT: setting(integer(0, 65535).default(3000), { description: 'port of the public API' }),
  METRICS_PORT: setting(integer(0, 65535).default(9464), { description: 'port of `/metrics`, never public' }),
  LOG_LEVEL: setting(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'), {
    description: 'least severe log line that is written',
  }),
  TRUST_PROXY: setting(addressRanges.default([]), {
    description: 'addresses or CIDR ranges of proxies whose `x-forwarded-for` is believed, comma-separated',
  }),
  REQUEST_TIMEOUT_SECONDS: setting(integer(1, 300).default(15), {
    description: 'longest time a client may take to send one request',
    unit: 's',
  }),
  MAX_IN_FLIGHT_REQUESTS: setting(integer(1, 100_000).default(1000), {
    description: 'requests served at once; more are answered 503 with `Retry-After`',
  }),
  SHUTDOWN_DELAY_SECONDS: setting(integer(0, 300).default(0), {
    description: 'time between SIGTERM (readiness turns 503) and closing the port, for load balancers to notice',
    unit: 's',
  }),
  SHUTDOWN_TIMEOUT_SECONDS: setting(integer(1, 300).default(20), {
    description: 'time after which a shutdown that has not finished is cut off',
    unit: 's',
  }),
  DATABASE_URL: setting(z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL'), {
    description: 'PostgreSQL to use; TLS by `?sslmode=verify-full&sslrootcert=FILE`',
    secret: true,
  }),
  DATABASE_POOL_MAX: setting(integer(1, 500).default(10), { description: 'connections a replica opens at most' }),
  DATABASE_CONNECT_TIMEOUT_MS: setting(integer(1, 60_000).default(5000), {
    description: 'longest wait for a connection, new or from the pool',
    unit: 'ms',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: setting(integer(1, 300_000).default(5000), {
    description: 'longest run of one statement',
    unit: 'ms',
  }),
  DATABASE_LOCK_TIMEOUT_MS: setting(integer(1, 300_000).default(2000), {
    description: 'longest wait for a lock within a statement',
    unit: 'ms',
  }),
};

/** A loaded configuration's common part. */
export type CommonConfig = z.output<z.ZodObject<typeof commonSettings>>;
