import { applyDecorators, HttpException, type HttpExceptionOptions } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

/** One message about one field of the input. */
export interface FieldError {
  /** Where in the input, as a dotted path that begins with `body`, `query`, `param` or `headers`. */
  path: string;
  message: string;
}

/** The body of every error response: RFC 9457 problem details with a stable `code` and the request id. */
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
  /** What went wrong this time, for people. */
  detail?: string;
  errors?: FieldError[];
  /** Seconds after which a retry makes sense; becomes `Retry-After` (RFC 9110 §10.2.3). */
  retryAfter?: number;
  /** Challenge of a 401 (RFC 9110 §11.6.1), unless it is a bare `Bearer`. */
  challenge?: string;
}

/** Thrown to answer with a problem; only `ProblemFilter` turns it into a response. */
export class ProblemException extends HttpException {
  readonly problem: Problem;
  readonly extras: ProblemExtras;

  constructor(problem: Problem, extras: ProblemExtras = {}) {
    super(problem.title, problem.status, extras);
    this.problem = problem;
    this.extras = extras;
  }
}

/** A kind of error that a service answers with: thrown, documented and counted by one definition. */
export class Problem {
  readonly status: number;
  /** Stable and machine-readable. */
  readonly code: string;
  readonly title: string;
  /** Its `error` on endpoints of OAuth 2.0, where the status does not tell it (RFC 6749 §5.2). */
  readonly oauth: string | undefined;

  constructor(status: number, code: string, title: string, oauth?: string) {
    this.status = status;
    this.code = code;
    this.title = title;
    this.oauth = oauth;
  }

  /** An exception of this kind, to be thrown. */
  exception(extras: ProblemExtras = {}): ProblemException {
    return new ProblemException(this, extras);
  }

  /** This kind's response body. */
  body(requestId: string, { detail, errors }: ProblemExtras = {}): ProblemBody {
    return {
      // RFC 9457 §4.2.1: about:blank says that the status and the extension members tell it all
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

/** The problems that any route of any service can answer with. */
export const problems = {
  validationFailed: new Problem(400, 'validation_failed', 'The request is not valid'),
  malformedJson: new Problem(400, 'malformed_json', 'The body is not valid JSON in UTF-8'),
  badRequest: new Problem(400, 'bad_request', 'The request is malformed'),
  tokenMissing: new Problem(401, 'token_missing', 'An access token is required'),
  tokenInvalid: new Problem(401, 'token_invalid', 'The access token is not valid'),
  tokenExpired: new Problem(401, 'token_expired', 'The access token has expired'),
  mfaRequired: new Problem(401, 'mfa_required', 'A recent multi-factor authentication is required'),
  scopeRequired: new Problem(403, 'scope_required', 'The token lacks a scope that this requires'),
  roleRequired: new Problem(403, 'role_required', 'The account lacks a role that this requires'),
  notFound: new Problem(404, 'not_found', 'There is nothing at this address'),
  methodNotAllowed: new Problem(405, 'method_not_allowed', 'The method is not allowed at this address'),
  bodyTooLarge: new Problem(413, 'body_too_large', 'The body is too large'),
  uriTooLong: new Problem(414, 'uri_too_long', 'The address is too long'),
  unsupportedMediaType: new Problem(415, 'unsupported_media_type', 'The body must be application/json'),
  formRequired: new Problem(415, 'unsupported_media_type', 'The body must be application/x-www-form-urlencoded'),
  headersTooLarge: new Problem(431, 'headers_too_large', 'The headers are too large'),
  internalError: new Problem(500, 'internal_error', 'Something went wrong on our side'),
  databaseUnavailable: new Problem(503, 'database_unavailable', 'The database cannot be reached'),
  keysUnavailable: new Problem(503, 'keys_unavailable', 'The keys to check tokens with cannot be reached'),
  overloaded: new Problem(503, 'overloaded', 'Too many requests are being served'),
} as const;

/** What every route that takes a body can answer with. */
export const bodyProblems = [
  problems.validationFailed,
  problems.malformedJson,
  problems.bodyTooLarge,
  problems.unsupportedMediaType,
  problems.databaseUnavailable,
];

/** What every route that needs an access token can answer with. */
export const tokenProblems = [problems.tokenMissing, problems.tokenInvalid, problems.tokenExpired];

/** The same for a route that asks the database and takes no body. */
export const callerProblems = [problems.validationFailed, ...tokenProblems, problems.databaseUnavailable];

const exampleRequestId = '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10';

/**
 * Documents the problems a route can answer with, each with an example.
 * @param list the problems, in any order; those of one status share one response
 */
export function ApiProblems(...list: Problem[]): MethodDecorator & ClassDecorator {
  return describeProblems('application/problem+json', list);
}

/** {@link ApiProblems} of an `@OAuthForm()` route, whose clients expect plain JSON. */
export function ApiOAuthProblems(...list: Problem[]): MethodDecorator & ClassDecorator {
  return describeProblems('application/json', list);
}

function describeProblems(mediaType: string, list: Problem[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(new Set(list), (problem) => problem.status);
  return applyDecorators(
    ...[...byStatus].map(([status, group]) => ApiResponse({ status, ...problemResponse(mediaType, group) })),
  );
}

/** The OpenAPI response that describes these problems, which are of one status. */
export function problemResponse(mediaType: string, group: Problem[]) {
  return {
    description: group.map((problem) => `\`${problem.code}\`: ${problem.title}.`).join(' '),
    content: {
      [mediaType]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          group.map((problem) => [problem.code, { summary: problem.title, value: problem.body(exampleRequestId) }]),
        ),
      },
    },
  };
}
