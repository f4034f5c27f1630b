import { applyDecorators, HttpException, type HttpExceptionOptions } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { rejections, type RejectionKind } from '#guard';

/** A validation error of one input field. */
export interface FieldError {
  /** Dotted path that begins with `body`, `query`, `param` or `headers`. */
  path: string;
  message: string;
}

/** Body of every error response: RFC 9457 problem details with a stable `code` and the request id. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  request_id: string;
  detail?: string;
  errors?: FieldError[];
}

interface ProblemExtras extends HttpExceptionOptions {
  /** Human-readable explanation of this occurrence. */
  detail?: string;
  errors?: FieldError[];
  /** Seconds until a retry may succeed; sent as `Retry-After` (RFC 9110 §10.2.3). */
  retryAfter?: number;
  /** `WWW-Authenticate` challenge (RFC 9110 §11.6.1); a 401 defaults to `Bearer`. */
  challenge?: string;
}

/** Throw it to respond with a problem. `ProblemFilter` turns it into the response. */
export class ProblemException extends HttpException {
  readonly problem: Problem;
  readonly extras: ProblemExtras;

  constructor(problem: Problem, extras: ProblemExtras = {}) {
    super(problem.title, problem.status, extras);
    this.problem = problem;
    this.extras = extras;
  }
}

/** A kind of error response. The same definition is thrown, documented in OpenAPI and logged by its `code`. */
export class Problem {
  readonly status: number;
  /** Stable, machine-readable identifier. */
  readonly code: string;
  readonly title: string;
  /** `error` on OAuth 2.0 endpoints (RFC 6749 §5.2), if it can't be derived from the status. */
  readonly oauth: string | undefined;

  constructor(status: number, code: string, title: string, oauth?: string) {
    this.status = status;
    this.code = code;
    this.title = title;
    this.oauth = oauth;
  }

  /** The guard's rejection as a problem. */
  static of({ status, code, title }: RejectionKind): Problem {
    return new Problem(status, code, title);
  }

  /** Creates an exception of this kind. */
  exception(extras: ProblemExtras = {}): ProblemException {
    return new ProblemException(this, extras);
  }

  /** Creates the response body. */
  body(requestId: string, { detail, errors }: ProblemExtras = {}): ProblemBody {
    return {
      // RFC 9457 §4.2.1: the problem has no semantics beyond its status and extension members
      type: 'about:blank',
      title: this.title,
      status: this.status,
      code: this.code,
      request_id: requestId,
      ...(detail === undefined ? {} : { detail }),
      ...(errors === undefined ? {} : { errors }),
    };
  }
}

/** Problems that any route of any service can respond with. */
export const problems = {
  validationFailed: new Problem(400, 'validation_failed', 'The request is not valid'),
  malformedJson: new Problem(400, 'malformed_json', 'The body is not valid JSON in UTF-8'),
  badRequest: new Problem(400, 'bad_request', 'The request is malformed'),
  tokenMissing: Problem.of(rejections.tokenMissing),
  tokenInvalid: Problem.of(rejections.tokenInvalid),
  tokenExpired: Problem.of(rejections.tokenExpired),
  dpopProofInvalid: Problem.of(rejections.dpopProofInvalid),
  mfaRequired: Problem.of(rejections.mfaRequired),
  reauthenticationRequired: new Problem(
    403,
    'reauthentication_required',
    'A recent login, or the password, is required',
  ),
  scopeRequired: Problem.of(rejections.scopeRequired),
  roleRequired: Problem.of(rejections.roleRequired),
  notFound: new Problem(404, 'not_found', 'Resource not found'),
  methodNotAllowed: new Problem(405, 'method_not_allowed', 'The resource does not support this method'),
  requestTimeout: new Problem(408, 'request_timeout', 'The request was not received in time'),
  bodyTooLarge: new Problem(413, 'body_too_large', 'The body is too large'),
  uriTooLong: new Problem(414, 'uri_too_long', 'The URL is too long'),
  unsupportedMediaType: new Problem(415, 'unsupported_media_type', 'The body must be application/json'),
  formRequired: new Problem(415, 'unsupported_media_type', 'The body must be application/x-www-form-urlencoded'),
  ndjsonRequired: new Problem(415, 'unsupported_media_type', 'The body must be NDJSON'),
  headersTooLarge: new Problem(431, 'headers_too_large', 'The headers are too large'),
  internalError: new Problem(500, 'internal_error', 'Internal server error'),
  databaseUnavailable: new Problem(503, 'database_unavailable', 'The database is unavailable'),
  keysUnavailable: Problem.of(rejections.keysUnavailable),
  overloaded: new Problem(503, 'overloaded', 'The service is overloaded'),
} as const;

/** Problems of every route that takes a body. */
export const bodyProblems = [
  problems.validationFailed,
  problems.malformedJson,
  problems.bodyTooLarge,
  problems.unsupportedMediaType,
  problems.databaseUnavailable,
];

/** What callers of routes with `@RequireRecentLogin()` may get. */
export const recentLoginProblems = [problems.mfaRequired, problems.reauthenticationRequired];

/** Problems of every route that requires an access token. */
export const tokenProblems = [
  problems.tokenMissing,
  problems.tokenInvalid,
  problems.tokenExpired,
  problems.dpopProofInvalid,
];

/** Problems of a route that requires an access token, uses the database and takes no body. */
export const callerProblems = [problems.validationFailed, ...tokenProblems, problems.databaseUnavailable];

const exampleRequestId = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';

/**
 * Documents in OpenAPI the problems that a route can respond with, each with an example.
 * @param list in any order; problems with the same status share one response
 */
export function ApiProblems(...list: Problem[]): MethodDecorator & ClassDecorator {
  return describeProblems('application/problem+json', list);
}

/** {@link ApiProblems} for an `@OAuthForm()` route, whose clients expect plain JSON. */
export function ApiOAuthProblems(...list: Problem[]): MethodDecorator & ClassDecorator {
  return describeProblems('application/json', list);
}

function describeProblems(mediaType: string, list: Problem[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(new Set(list), (problem) => problem.status);
  return applyDecorators(
    ...[...byStatus].map(([status, group]) => ApiResponse({ status, ...problemResponse(mediaType, group) })),
  );
}

/**
 * Creates the OpenAPI response that describes some problems.
 * @param group problems with the same status
 */
export function problemResponse(mediaType: string, group: Problem[]) {
  const codes = group.map(({ code }) => code);
  return {
    description: group.map((problem) => `\`${problem.code}\`: ${problem.title}.`).join(' '),
    content: {
      [mediaType]: {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { code: { type: 'string', enum: codes } } },
          ],
        },
        examples: Object.fromEntries(
          group.map((problem) => [problem.code, { summary: problem.title, value: problem.body(exampleRequestId) }]),
        ),
      },
    },
  };
}
