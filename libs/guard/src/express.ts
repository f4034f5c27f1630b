/** The guard for Express. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessTokens } from './access-tokens.ts';
import { setCaller } from './callers.ts';
import { Rejection } from './rejection.ts';
import type { Requirements } from './requirements.ts';

export { callerOf } from './callers.ts';

/** Creates a middleware that lets only callers with a valid token through, and those who meet the requirements. */
export function requireToken(tokens: AccessTokens, requirements: Requirements = {}) {
  return (
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void => {
    const { headers, method = '', originalUrl, url = '' } = request;
    tokens.authorize({ headers, method, url: originalUrl ?? url }, requirements).then(
      (caller) => {
        setCaller(request, caller);
        next();
      },
      (error: unknown) => {
        if (error instanceof Rejection) {
          response.writeHead(error.kind.status, { 'content-type': 'application/problem+json', ...error.headers() });
          response.end(JSON.stringify(error.body()));
        } else {
          next(error);
        }
      },
    );
  };
}
