import { ConsoleLogger, StandardSchemaValidationPipe, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import { PinoLogger } from 'nestjs-pino';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CommonConfig } from '../config/common-settings.ts';
import { problems } from '../errors/problem.ts';
import { ProblemFilter, sendProblem, toProblem } from '../errors/problem.filter.ts';
import { logRequests } from '../logging/request-log.ts';
import { observeRequests } from '../metrics/http.metrics.ts';
import { allowedMethods } from './allowed-methods.ts';
import { limitConcurrency } from './concurrency-limit.ts';
import { allowOrigins } from './cors.ts';
import { parseJsonBody } from './json-body.ts';
import { acceptNdjson } from './ndjson-body.ts';
import { acceptForms, isPage } from './oauth-form.ts';
import { setClientAddress } from './request-context.ts';
import { closeSlowConnections, handleClientError, limitSlowReads, receiveTimeouts } from './slow-clients.ts';
import { UndeclaredInputGuard } from './undeclared-input.guard.ts';

const maxBodyBytes = 16 * 1024;
const maxHeaderBytes = 16 * 1024;
const requestIdPattern = /^[\w.:-]{1,128}$/;

type HttpConfig = Pick<
  CommonConfig,
  'CORS_ORIGINS' | 'LOG_LEVEL' | 'TRUST_PROXY' | 'REQUEST_TIMEOUT_SECONDS' | 'MAX_IN_FLIGHT_REQUESTS'
>;

/**
 * Creates a service's Nest application on Fastify with the settings that all services share: limits, security headers, CORS, error
 * responses, request ids, request logs and metrics.
 * @param options.cookiesBelow beginning of the paths at which pages of `CORS_ORIGINS` may send cookies
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  config: HttpConfig,
  { cookiesBelow }: { cookiesBelow?: string } = {},
): Promise<NestFastifyApplication> {
  const headers = { ...securityHeaders(), 'cache-control': 'no-store' };
  const requestTimeoutMs = config.REQUEST_TIMEOUT_SECONDS * 1000;
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    genReqId: requestId,
    // requests on open connections are still served during shutdown; readiness has already failed
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
    http: { maxHeaderSize: maxHeaderBytes, ...receiveTimeouts(requestTimeoutMs) },
    clientErrorHandler: handleClientError,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(reply.headers(headers), request.id, toProblem(error));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    // only warnings and errors during startup; Nest logs a line per module and route otherwise
    logger:
      config.LOG_LEVEL === 'silent' ? false : new ConsoleLogger({ json: true, logLevels: ['warn', 'error', 'fatal'] }),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalGuards(new UndeclaredInputGuard());
  app.useGlobalPipes(
    new StandardSchemaValidationPipe({
      exceptionFactory: (issues) =>
        problems.validationFailed.exception({
          errors: issues.map(({ path = [], message }) => ({
            path: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
            message,
          })),
        }),
    }),
  );

  const fastify: FastifyInstance = adapter.getInstance();
  app.useGlobalFilters(new ProblemFilter(await app.resolve(PinoLogger), allowedMethods(fastify)));
  // before all that may refuse a request
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    if (fastify.pageHeaders && isPage(request)) {
      reply.headers(fastify.pageHeaders);
    }
    done();
  });
  setClientAddress(fastify, config.TRUST_PROXY);
  logRequests(fastify);
  allowOrigins(fastify, { origins: config.CORS_ORIGINS, cookiesBelow });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseJsonBody(fastify));
  acceptForms(fastify);
  acceptNdjson(fastify);
  limitConcurrency(fastify, config.MAX_IN_FLIGHT_REQUESTS);
  limitSlowReads(fastify, requestTimeoutMs);
  closeSlowConnections(fastify, requestTimeoutMs);
  observeRequests(fastify);
  return app;
}

/** Helmet's headers. They are the same for all responses and computed once. */
function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const setHeaders = helmet({
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
  });
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, () => undefined);
  return headers;
}

/** Returns the caller's request id if it is well-formed, otherwise a new one. */
function requestId(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}
