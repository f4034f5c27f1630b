import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import { Rejection } from '#guard';
import { isDatabaseUnavailable } from '../database/database-errors.ts';
import { databaseUnavailable } from '../database/database.metrics.ts';
import { isOAuth, isPage, oauthError } from '../http/oauth-form.ts';
import { ProblemException, problems, type Problem } from './problem.ts';

const byFastifyCode: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: problems.bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: problems.unsupportedMediaType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: problems.badRequest,
  FST_ERR_BAD_URL: problems.badRequest,
  FST_ERR_MAX_PARAM_LENGTH: problems.uriTooLong,
};

const byStatus: Readonly<Record<number, Problem>> = {
  404: problems.notFound,
  413: problems.bodyTooLarge,
  415: problems.unsupportedMediaType,
};

/**
 * Maps any thrown value to a problem: client errors to 4xx, an unavailable database to 503, everything else to 500 without
 * details.
 */
export function toProblem(error: unknown): ProblemException {
  if (error instanceof ProblemException) {
    return error;
  }
  if (error instanceof Rejection) {
    const { kind, cause, challenge, retryAfter } = error;
    const problem = Object.values(problems).find(({ code }) => code === kind.code) ?? problems.internalError;
    return problem.exception({
      cause,
      ...(challenge !== undefined && { challenge }),
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  // Fastify sets the status of client errors; a client's ECONNRESET is not one of the database
  if (statusCode === undefined && isDatabaseUnavailable(error)) {
    return problems.databaseUnavailable.exception({ cause: error, retryAfter: 1 });
  }
  const status = error instanceof HttpException ? error.getStatus() : (statusCode ?? 500);
  const known = byFastifyCode[code ?? ''] ?? byStatus[status] ?? (status < 500 ? problems.badRequest : undefined);
  return (known ?? problems.internalError).exception({ cause: error });
}

/**
 * Sends a problem as `application/problem+json` (RFC 9457), or as HTML where the route is a page.
 * @param oauth adds `error` and sends `application/json`, as clients of OAuth endpoints expect (RFC 6749 §5.2)
 */
export async function sendProblem(
  reply: FastifyReply,
  requestId: string,
  exception: ProblemException,
  oauth = false,
): Promise<void> {
  const { problem, extras } = exception;
  if (extras.retryAfter !== undefined) {
    reply.header('retry-after', Math.ceil(extras.retryAfter));
  }
  reply.request.problemCode = problem.code;
  const { renderProblem, pageHeaders = {} } = reply.server;
  if (renderProblem && (isPage(reply.request) || isReader(reply.request, problem))) {
    const html = renderProblem(reply.request, exception);
    await reply.headers(pageHeaders).status(problem.status).type('text/html; charset=utf-8').send(html);
    return;
  }
  if (problem.status === 401 || extras.challenge !== undefined) {
    reply.header('www-authenticate', extras.challenge ?? 'Bearer');
  }
  const body = problem.body(requestId, extras);
  await reply
    .status(problem.status)
    .type(oauth ? 'application/json' : 'application/problem+json')
    .send(JSON.stringify(oauth ? { error: oauthError(problem), error_description: problem.title, ...body } : body));
}

/** Whether a person has opened a URL that does not exist, or a route with `readers`. A 401 is for programs: it has a challenge. */
const isReader = ({ is404, headers, routeOptions }: FastifyRequest, { status }: Problem) =>
  (is404 || (routeOptions.config.readers === true && status !== 401)) && headers.accept?.includes('text/html') === true;

/** Turns every exception into a response. Server errors are logged with their cause. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger: PinoLogger;
  private readonly allowedMethods: (path: string) => string[];

  /** @param allowedMethods returns the methods that a path supports */
  constructor(logger: PinoLogger, allowedMethods: (path: string) => string[]) {
    this.logger = logger;
    this.allowedMethods = allowedMethods;
    logger.setContext(ProblemFilter.name);
  }

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const exception = request.is404 ? this.unrouted(request, reply) : toProblem(error);
    const { code, status } = exception.problem;
    if (exception.problem === problems.databaseUnavailable) {
      databaseUnavailable.inc();
    }
    // a deliberate rejection such as `overloaded` has no cause; the request's own log line is enough
    if (status >= 500 && exception.cause !== undefined) {
      this.logger.error({ err: exception.cause, code }, exception.message);
    }
    await sendProblem(reply, request.id, exception, isOAuth(request));
  }

  /** 404 for an unknown path, 405 for a known path with an unsupported method (RFC 9110 §15.5.6). */
  private unrouted(request: FastifyRequest, reply: FastifyReply): ProblemException {
    const methods = this.allowedMethods(request.url);
    if (methods.length === 0) {
      return problems.notFound.exception();
    }
    reply.header('allow', methods.join(', '));
    return problems.methodNotAllowed.exception();
  }
}
