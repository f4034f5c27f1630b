import { createHttpApp, createOpenApiDocument, runMain, runService, serveOpenApi, type RunningService } from '#common';
import type { Tracing } from '#tracing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AppModule } from './app.module.ts';
import { readDeclarations } from './applications/index.ts';
import { loadAuthConfig, type AuthConfig } from './config.ts';
import { makeThreads } from './passwords/index.ts';

const version = '0.1.0';

/** Creates the application without listening. */
export function createService(config: AuthConfig): Promise<NestFastifyApplication> {
  return createHttpApp(AppModule.register(config), config, { cookiesBelow: '/auth/' });
}

/** Creates the OpenAPI document of the application. */
export function describeApi(app: NestFastifyApplication): OpenAPIObject {
  return createOpenApiDocument(app, {
    title: 'auth',
    description:
      'Accounts, sessions and tokens. Errors are problem+json (RFC 9457) with a stable `code`. Every response has the ' +
      'header `x-request-id`. Unknown fields, query parameters and bodies are rejected.',
    version,
    tags: {
      accounts: 'Registration, and managing the caller’s own account',
      sessions: 'Login, refresh, logout',
      email: 'Flows by e-mail: verification, password reset, magic links',
      applications: 'Clients of the OpenID provider, and what owners of accounts let them do',
      webhooks: 'Telling other systems of events, for admins',
      admin: 'Managing accounts and reading the audit trail, for admins',
      'service-accounts': 'Programs that call services in their own name: API keys and access tokens',
      social: 'Login with OpenID providers, and linked identities',
      mfa: 'Multi-factor authentication: authenticator apps, recovery codes, step-up',
      passkeys: 'Login without a password',
      keys: 'Public keys that verify access tokens',
      health: 'Probes for Kubernetes and load balancers',
    },
  });
}

/** Starts the service. */
export async function startService(config: AuthConfig): Promise<RunningService> {
  const app = await createService(config);
  serveOpenApi(app, () => describeApi(app));
  return runService(app, config, { service: 'auth', version });
}

/** @throws ConfigError that lists all problems, those of the file of applications too */
function loadSettings(environment: NodeJS.ProcessEnv): AuthConfig {
  const config = loadAuthConfig(environment);
  if (config.APPLICATIONS_FILE !== undefined) {
    readDeclarations(config.APPLICATIONS_FILE, config);
  }
  return config;
}

/** Runs the service until it gets a signal. */
export const run = (tracing: Tracing | undefined): Promise<void> =>
  runMain(
    loadSettings,
    (config) => {
      makeThreads(config.HASH_CONCURRENCY);
      return startService(config);
    },
    tracing,
  );
