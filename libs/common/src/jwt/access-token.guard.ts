import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ProblemException, problems, tokenProblems, type Problem } from '../errors/problem.ts';
import { AccessTokenStrategy, UnusableTokenError } from './access-token.strategy.ts';
import { challengeTo } from './credentials.ts';
import type { ClientPrincipal, Principal } from './principal.ts';
import { IgnoreUnusableToken, IS_AUTH_OPTIONAL, IS_EXPIRY_IGNORED, IS_PUBLIC } from './public.decorator.ts';

/**
 * Requires a valid access token on all routes except `@Public()` ones, and `@OptionalAuth()` ones without a token. Only
 * `@AcceptExpiredToken()` routes take an expired one, and only `@IgnoreUnusableToken()` ones go on without a valid one.
 */
@Injectable()
export class AccessTokenGuard extends AuthGuard() {
  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: AccessTokenStrategy,
  ) {
    super({ defaultStrategy: strategy.registeredName });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isMarked = (mark: string) =>
      this.reflector.getAllAndOverride<boolean | undefined>(mark, [context.getHandler(), context.getClass()]) === true;
    const request = context
      .switchToHttp()
      .getRequest<FastifyRequest & { user?: Principal | ClientPrincipal | undefined }>();
    const hasToken = () => request.headers.authorization !== undefined;
    if (isMarked(IS_PUBLIC) || (isMarked(IS_AUTH_OPTIONAL) && !hasToken())) {
      return true;
    }
    const isIgnored = this.ignoresUnusable(context, request.body);
    try {
      const isActive = (await super.canActivate(context)) === true;
      if (isIgnored && request.user && 'serviceAccountId' in request.user) {
        request.user = undefined;
      }
      return isActive;
    } catch (error) {
      const problem = error instanceof ProblemException ? error.problem : undefined;
      const isExpired = problem === problems.tokenExpired && isMarked(IS_EXPIRY_IGNORED);
      const caller = isExpired ? await this.strategy.expiredCaller(request) : undefined;
      if (!caller && !(isIgnored && problem && tokenProblems.includes(problem))) {
        throw error;
      }
      request.user = caller;
      return true;
    }
  }

  private ignoresUnusable(context: ExecutionContext, body: unknown): boolean {
    const rule = this.reflector.getAllAndOverride(IgnoreUnusableToken, [context.getHandler(), context.getClass()]) as
      { ifBody: (body: unknown) => boolean } | undefined;
    return rule?.ifBody(body) === true;
  }

  override handleRequest<Caller>(
    error: unknown,
    caller: Caller | false | null,
    info: unknown,
    context: ExecutionContext,
  ): Caller {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (error) {
      throw error instanceof UnusableTokenError ? this.rejection(request, error) : (error as Error);
    }
    if (caller) {
      return caller;
    }
    throw this.rejection(request, info);
  }

  /** Maps Passport's `info` to an error. It reports both invalid tokens and keys that could not be fetched there. */
  private rejection(request: FastifyRequest, info: unknown): Error {
    if (info instanceof Error && info.message === 'No auth token') {
      return problems.tokenMissing.exception({ challenge: this.strategy.challenge });
    }
    if (info instanceof Error && info.name === 'TokenExpiredError') {
      const parameters = 'error="invalid_token", error_description="expired"';
      return challenge(problems.tokenExpired, request, parameters);
    }
    const failedElsewhere =
      info instanceof Error &&
      !(info instanceof UnusableTokenError) &&
      !/^(JsonWebToken|NotBefore)Error$/.test(info.name);
    return failedElsewhere ? info : challenge(problems.tokenInvalid, request, 'error="invalid_token"');
  }
}

/**
 * Creates an error with a `WWW-Authenticate` challenge, in the scheme by which the request presents its token.
 * @param parameters of the challenge, such as `error="invalid_token"`
 */
export function challenge(problem: Problem, request: Pick<FastifyRequest, 'headers'>, parameters: string): Error {
  return problem.exception({ challenge: challengeTo(request, parameters) });
}
