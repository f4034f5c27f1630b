import { z } from 'zod';
import { isAddressRange } from '../http/client-address.ts';
import { setting } from './config.ts';

const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** Parses a comma-separated list; drops empty items and surrounding spaces. */
export const commaSeparated = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);

const maxProxies = 10;

/** Parses a number of proxies, or a comma-separated list of their IP addresses and CIDR ranges. */
const trustedProxies = commaSeparated.transform((items, context): number | string[] => {
  const [first = ''] = items;
  const count = items.length === 1 && /^\d+$/.test(first) ? Number(first) : undefined;
  if (count === undefined ? !items.every(isAddressRange) : count > maxProxies) {
    const message = `must be a number up to ${maxProxies}, or IP addresses and CIDR ranges, comma-separated`;
    context.addIssue({ code: 'custom', message });
  }
  return count ?? items;
});

/** Host names that mean the caller's own machine (RFC 6761 §6.3), where development servers run without TLS. */
const loopback = /^((.+\.)?localhost|127\.0\.0\.1|\[::1\])$/;

/** Whether a text is an origin exactly as browsers send it. There are no wildcards. */
function isWebOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname));
  return isSafe && url.origin === text && !text.includes('*');
}

const webOrigins = commaSeparated.refine(
  (list) => list.every(isWebOrigin),
  'must be origins such as https://app.example.com, comma-separated; http:// is for loopback hosts only',
);

/** Settings shared by all services of the platform. */
export const commonSettings = {
  NODE_ENV: setting(z.enum(['production', 'development', 'test']).default('production'), {
    description: 'environment; `development` prints human-readable logs and allows cookies over HTTP',
  }),
  HOST: setting(z.string().default('::'), {
    visible: true,
    description:
      'IP address that both ports listen on; `::` is IPv6 and IPv4, or IPv4 alone where the kernel has no IPv6',
  }),
  PORT: setting(integer(0, 65535).default(3000), { description: 'port of the public API' }),
  METRICS_PORT: setting(integer(0, 65535).default(9464), {
    description: 'port of `/metrics`; never expose it publicly',
  }),
  LOG_LEVEL: setting(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'), {
    description: 'least severe level that is logged',
  }),
  TRUST_PROXY: setting(trustedProxies.default([]), {
    visible: true,
    description:
      'proxies whose `x-forwarded-for` is trusted: their number, or their IP addresses and CIDR ranges, comma-separated',
  }),
  CORS_ORIGINS: setting(webOrigins.default([]), {
    visible: true,
    description:
      'origins of web pages that may call this service from browsers, comma-separated, such as `https://app.example.com`',
  }),
  REQUEST_TIMEOUT_SECONDS: setting(integer(1, 300).default(15), {
    description: 'time limit for receiving one request; also for a client that stops reading its response',
    unit: 's',
  }),
  MAX_IN_FLIGHT_REQUESTS: setting(integer(1, 100_000).default(1000), {
    description: 'requests served concurrently; further ones get 503 with `Retry-After`',
  }),
  SHUTDOWN_DELAY_SECONDS: setting(integer(0, 300).default(0), {
    description:
      'delay between SIGTERM, when readiness turns 503, and closing the port; gives load balancers time to react',
    unit: 's',
  }),
  SHUTDOWN_TIMEOUT_SECONDS: setting(integer(1, 300).default(20), {
    description: 'time limit for a graceful shutdown after the delay; then the process exits with 1',
    unit: 's',
  }),
  DATABASE_URL: setting(z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL'), {
    description: 'PostgreSQL connection URL; `?sslmode=verify-full&sslrootcert=FILE` enables TLS',
    secret: true,
  }),
  DATABASE_PORT: setting(integer(1, 65_535).optional(), {
    visible: true,
    description: 'port to connect to, instead of that of `DATABASE_URL`: that of a pooler, which migrations go past',
  }),
  DATABASE_POOL_MAX: setting(integer(1, 500).default(10), { description: 'maximum number of connections per replica' }),
  DATABASE_CONNECT_TIMEOUT_MS: setting(integer(1, 60_000).default(5000), {
    description: 'maximum wait for a connection, new or pooled',
    unit: 'ms',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: setting(integer(1, 300_000).default(5000), {
    description: 'maximum duration of one statement',
    unit: 'ms',
  }),
  DATABASE_LOCK_TIMEOUT_MS: setting(integer(1, 300_000).default(2000), {
    description: 'maximum wait for a lock within a statement',
    unit: 'ms',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(z.url({ protocol: /^https?$/ }).optional(), {
    visible: true,
    description: 'OTLP/HTTP receiver for traces of requests, statements and outgoing calls; tracing is off when unset',
  }),
  OTEL_TRACES_SAMPLER_ARG: setting(z.coerce.number().min(0).max(1).default(1), {
    description: 'fraction of new traces that are sent; a caller’s sampling decision is kept',
  }),
};

/** The loaded {@link commonSettings}. */
export type CommonConfig = z.output<z.ZodObject<typeof commonSettings>>;
