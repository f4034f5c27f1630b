import { sql, type RequestContext, type Sql } from '#common';
import type { AuthConfig } from '../config.ts';

/** The time of authentication in whole seconds since 1970, rounded down: never ahead of the clock. */
export const authTime = sql.raw('floor(extract(epoch FROM authenticated_at))::int AS "authTime"');

/** The assignments that prolong a used session `s`, and record from where it is used. */
export function prolonging(
  { SESSION_IDLE_TTL_SECONDS: idleTtl, SESSION_TTL_SECONDS: ttl }: SessionLifetimes,
  context: RequestContext,
): Sql {
  return sql`last_used_at = now(),
          expires_at = least(now() + make_interval(secs => ${idleTtl}::int), s.created_at + make_interval(secs => ${ttl}::int)),
          address = ${context.address},
          user_agent = ${context.userAgent}`;
}

/** The settings that bound a session. */
export type SessionLifetimes = Pick<AuthConfig, 'SESSION_IDLE_TTL_SECONDS' | 'SESSION_TTL_SECONDS'>;
