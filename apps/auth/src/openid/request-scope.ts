import type { RequestContext } from '#common';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Application } from '../applications/index.ts';
import type { RefreshRequest } from './refresh-request.ts';
import type { FoundToken } from './refresh-tokens.repository.ts';

/** What the library's callbacks need to know of the request that they serve, and what they find out. */
export interface RequestScope {
  context: RequestContext;
  /** Whether the browser has a session, so that its cookie must stay as it is. */
  hasSession?: boolean;
  /** The client id that the request names, and the application that has it, if any. */
  clientId?: string;
  application?: Promise<Application | undefined>;
  /** The refresh that the request asks for. */
  refresh?: RefreshRequest | undefined;
  /** The refresh token that the library has asked for: what was found, and the token that follows it if it was rotated. */
  presented?: { token: string; found: FoundToken | undefined; successor: string | undefined };
  /** The id of the secret by which the client has authenticated. */
  secretId?: string;
  /** The successor of the refresh token that the request has rotated. */
  successor?: string;
  /** Whether the code of a device that the request brings is not right. */
  isCodeRefused?: boolean;
  /** What failed inside the service, which the library answers with a bare `server_error`. */
  failure?: Error;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs the library for one request. */
export const inRequestScope = <T>(scope: RequestScope, job: () => T): T => scopes.run(scope, job);

/** The scope of the current request; undefined outside of one. */
export const currentScope = (): RequestScope | undefined => scopes.getStore();

/**
 * The scope of the current request.
 * @throws Error outside of one
 */
export function requestScope(): RequestScope {
  const scope = currentScope();
  if (!scope) {
    throw new Error('the OpenID provider runs only within a request');
  }
  return scope;
}
