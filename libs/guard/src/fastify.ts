/** The guard for Fastify. */
import type { IncomingHttpHeaders } from 'node:http';
import type { AccessTokens } from './access-tokens.ts';
import { setCaller } from './callers.ts';
import { Rejection } from './rejection.ts';
import type { Requirements } from './requirements.ts';

export { callerOf } from './callers.ts';

interface Request {
  headers: IncomingHttpHeaders;
  method: string;
  originalUrl: string;
}
interface Reply {
  code: (status: number) => unknown;
  headers: (headers: Record<string, string>) => unknown;
  type: (type: string) => unknown;
  send: (body: string) => unknown;
}

/** Creates an `onRequest` hook that lets only callers with a valid token through, and those who meet the requirements. */
export function requireToken(tokens: AccessTokens, requirements: Requirements = {}) {
  return async (request: Request, reply: Reply): Promise<unknown> => {
    const { headers, method, originalUrl: url } = request;
    try {
      setCaller(request, await tokens.authorize({ headers, method, url }, requirements));
      return undefined;
    } catch (error) {
      if (!(error instanceof Rejection)) {
        throw error;
      }
      reply.code(error.kind.status);
      reply.headers(error.headers());
      reply.type('application/problem+json');
      reply.send(JSON.stringify(error.body()));
      return reply;
    }
  };
}
