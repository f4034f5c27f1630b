import { ConsoleLogger, StandardSchemaValidationPipe, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import { PinoLogger } from 'nestjs-pino';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CommonConfig } from '../config/common-settings.ts';
import { ProblemException, problems, type Problem } from '../errors/problem.ts';
import { ProblemFilter, sendProblem, toProblem } from '../errors/problem.filter.ts';
import { logRequests } from '../logging/request-log.ts';
import { observeRequests } from '../metrics/http.metrics.ts';
import { parseJsonBody } from './json-body.ts';
import { acceptForms } from './oauth-form.ts';
import { allowedMethods } from './allowed-methods.ts';
import { noteAddresses } from './request-context.ts';
import { UndeclaredInputGuard } from './undeclared-input.guard.ts';

const maxBodyBytes = 16 * 1024;
const maxHeaderBytes = 16 * 1024;
const requestIdPattern = /^[\w.:-]{1,128}$/;

type HttpConfig = Pick<
  CommonConfig,
  'LOG_LEVEL' | 'TRUST_PROXY' | 'REQUEST_TIMEOUT_SECONDS' | 'MAX_IN_FLIGHT_REQUESTS'
>;

/**
 * Creates a service's Nest application on Fastify with the settings that all services share: limits, security headers, error
 * responses, request ids, request logs and metrics.
 */
export async function createHttpApp(module: Type | DynamicModule, config: HttpConfig): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    requestTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
    genReqId: requestId,
    // requests on open connections are still served during shutdown; readiness has already failed
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
    http: { maxHeaderSize: maxHeaderBytes },
    clientErrorHandler: answerUnparsable,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(reply, request.id, toProblem(error));
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
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseJsonBody(fastify));
  acceptForms(fastify);
  noteAddresses(fastify);
  logRequests(fastify);
  const headers = { ...securityHeaders(), 'cache-control': 'no-store' };
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    done();
  });
  boundInFlight(fastify, config.MAX_IN_FLIGHT_REQUESTS);
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

/** Limits concurrent requests, and with them every queue in the service. */
function boundInFlight(fastify: FastifyInstance, max: number): void {
  let inFlight = 0;
  fastify.addHook('onRequest', (request, reply, done) => {
    inFlight += 1;
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
    if (inFlight > max && !request.url.startsWith('/health/')) {
      void sendProblem(reply, request.id, problems.overloaded.exception({ retryAfter: 1 }));
    } else {
      done();
    }
  });
}

/** Responds to a request that Node.js could not parse. There is no reply object, so it writes to the socket and closes it. */
function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem: Problem = error.code === 'HPE_HEADER_OVERFLOW' ? problems.headersTooLarge : problems.badRequest;
  const id = randomUUID();
  const body = JSON.stringify(new ProblemException(problem).problem.body(id));
  socket.end(
    [
      `HTTP/1.1 ${String(problem.status)} ${STATUS_CODES[problem.status] ?? ''}`,
      'content-type: application/problem+json',
      `content-length: ${String(Buffer.byteLength(body))}`,
      `x-request-id: ${id}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
