import { createHttpApp, createOpenApiDocument, runMain, runService, serveOpenApi, type RunningService } from '#common';
import type { Tracing } from '#tracing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AppModule } from './app.module.ts';
import { loadAuthConfig, type AuthConfig } from './config.ts';
import { makeThreads } from './passwords/index.ts';

const version = '0.1.0';

/** The application, not yet listening. */
export function createService(config: AuthConfig): Promise<NestFastifyApplication> {
  return createHttpApp(AppModule.register(config), config);
}

/** The OpenAPI document of the application. */
export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  return createOpenApiDocument(app, {
    title: 'auth',
    description:
      'Accounts, sessions and tokens. Errors are problem+json (RFC 9457) with a stable `code`; each response carries ' +
      '`x-request-id`. Unknown fields, queries and bodies are refused.',
    version,
    tags: {
      accounts: 'Registration, and what an account’s owner does with it',
      sessions: 'Login, refresh, logout',
      email: 'What goes by mail: verification, new passwords, links to log in',
      admin: 'What admins do with accounts, and the audit trail',
      'service-accounts': 'Programs that call services in their own name, their API keys and tokens',
      social: 'Login by OpenID providers, and the identities of accounts there',
      mfa: 'Second factors: authenticator apps, recovery codes, step-up',
      passkeys: 'Logging in without a password',
      keys: 'The keys to check access tokens with',
      health: 'Probes for Kubernetes and load balancers',
    },
  });
}

/** Starts the service. */
export async function startService(config: AuthConfig): Promise<RunningService> {
  const app = await createService(config);
  serveOpenApi(app, describeApi(app));
  return runService(app, config, { service: 'auth', version });
}

/** Runs the service until a signal stops it. */
export const run = (tracing: Tracing | undefined): Promise<void> =>
  runMain(
    loadAuthConfig,
    (config) => {
      makeThreads(config.HASH_CONCURRENCY);
      return startService(config);
    },
    tracing,
  );
