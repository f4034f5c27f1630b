/** Everything a new service of the platform starts with. It contains no business rules. */
export { commaSeparated, commonSettings, type CommonConfig } from './config/common-settings.ts';
export {
  ConfigError,
  describeSettings,
  loadConfig,
  setting,
  settingsInForce,
  type SettingDescription,
  type SettingInForce,
} from './config/config.ts';
export { columnsOf } from './database/columns.ts';
export { isForeignKeyViolation, isUniqueViolation } from './database/database-errors.ts';
export {
  DatabaseModule,
  dataSourceOptions,
  type DatabaseConfig,
  type DatabaseSchema,
} from './database/database.module.ts';
export {
  type BoundedCount,
  countBounded,
  execute,
  purge,
  queryRow,
  queryRows,
  type Queryable,
} from './database/queries.ts';
export { positionOf, positionValue } from './database/position.ts';
export { assertDatabase } from './database/assert-database.ts';
export { createIndexConcurrently, dropIndexConcurrently } from './database/concurrent-index.ts';
export { runMigrations } from './database/run-migrations.ts';
export { sql, type Sql } from './database/sql.ts';
export {
  ApiOAuthProblems,
  ApiProblems,
  bodyProblems,
  callerProblems,
  Problem,
  ProblemException,
  problems,
  recentLoginProblems,
  tokenProblems,
} from './errors/problem.ts';
export { sendProblem, toProblem } from './errors/problem.filter.ts';
export { HealthModule } from './health/health.module.ts';
export { atLeast } from './http/at-least.ts';
export { isAddressRange } from './http/client-address.ts';
export { AnyOrigin } from './http/cors.ts';
export { displayText } from './http/display-text.ts';
export { fastifyOf } from './http/fastify-of.ts';
export { createHttpApp } from './http/http-app.ts';
export { instant } from './http/instant.ts';
export { hasUnstorableText } from './http/json-body.ts';
export { BodyStream, NdjsonBody } from './http/ndjson-body.ts';
export { OAuthForm } from './http/oauth-form.ts';
export { Context, contextOf, type RequestContext } from './http/request-context.ts';
export { LatestValuesCookie, SecureCookie } from './http/secure-cookie.ts';
export { JwtAuthModule } from './jwt/jwt-auth.module.ts';
export { has, lacks, RequireRecentLogin, rolesInclude } from './jwt/recent-login.guard.ts';
export { AcceptExpiredToken, IgnoreUnusableToken, OptionalAuth } from './jwt/public.decorator.ts';
export { listenAddress } from './lifecycle/listen-address.ts';
export { RepeatedJob } from './lifecycle/repeated-job.ts';
export { loadOrExit, runMain } from './lifecycle/run-main.ts';
export { runService, stopOnSignals, type RunningService } from './lifecycle/run-service.ts';
export { LoggingModule } from './logging/logging.module.ts';
export { requestAddress } from './logging/request-log.ts';
export { counter, gauge, type Counter } from './metrics/metrics.ts';
export { createOpenApiDocument, serveOpenApi } from './openapi/openapi.ts';
export {
  accessTokenType,
  authenticationClass,
  callerId,
  remoteJwks,
  signatureAlgorithm,
  stepUpRequired,
  UnusableTokenError,
  type Caller,
  type ClientPrincipal,
  type Principal,
} from '#guard';
export { CurrentActor, CurrentCaller, CurrentPrincipal, Public, RequireMfa, Roles, Scopes } from '#guard/nest';
export { Destinations } from './outgoing/destinations.ts';
export { FairDelivery } from './outgoing/fair-delivery.ts';
export { post } from './outgoing/post.ts';
export { askedDelay, RefusedError, retryDelay } from './outgoing/refused-error.ts';
