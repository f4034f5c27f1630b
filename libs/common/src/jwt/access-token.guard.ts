import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Rejection, rejections, type Caller } from '#guard';
import { IS_PUBLIC } from '#guard/nest';
import { problems, tokenProblems } from '../errors/problem.ts';
import { AccessTokenStrategy } from './access-token.strategy.ts';
import { IgnoreUnusableToken, IS_AUTH_OPTIONAL, IS_EXPIRY_IGNORED } from './public.decorator.ts';

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
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Caller | undefined }>();
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
      const kind = error instanceof Rejection ? error.kind : undefined;
      const isExpired = kind === rejections.tokenExpired && isMarked(IS_EXPIRY_IGNORED);
      const caller = isExpired ? await this.strategy.tokens.expiredCaller(request) : undefined;
      if (!caller && !(isIgnored && tokenProblems.some(({ code }) => code === kind?.code))) {
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

  override handleRequest<User>(error: unknown, caller: User | false | null): User {
    if (error || !caller) {
      throw (error ?? problems.tokenInvalid.exception()) as Error;
    }
    return caller;
  }
}
