import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { problems, type Problem } from '../errors/problem.ts';
import { AccessTokenStrategy, UnusableTokenError } from './access-token.strategy.ts';
import { IS_PUBLIC } from './public.decorator.ts';

/** Requires a valid access token on all routes except `@Public()` ones. */
@Injectable()
export class AccessTokenGuard extends AuthGuard() {
  constructor(
    private readonly reflector: Reflector,
    strategy: AccessTokenStrategy,
  ) {
    super({ defaultStrategy: strategy.registeredName });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return isPublic === true || (await super.canActivate(context)) === true;
  }

  override handleRequest<Principal>(error: unknown, principal: Principal | false | null, info?: unknown): Principal {
    if (error) {
      throw error instanceof UnusableTokenError ? rejection(error) : (error as Error);
    }
    if (principal) {
      return principal;
    }
    throw rejection(info);
  }
}

/** Maps Passport's `info` to an error. It reports both invalid tokens and keys that could not be fetched there. */
function rejection(info: unknown): Error {
  const name = info instanceof Error ? info.name : undefined;
  if (info instanceof Error && info.message === 'No auth token') {
    return problems.tokenMissing.exception();
  }
  if (name === 'TokenExpiredError') {
    return challenge(problems.tokenExpired, 'Bearer error="invalid_token", error_description="expired"');
  }
  const failedElsewhere =
    info instanceof Error &&
    !(info instanceof UnusableTokenError) &&
    !/^(JsonWebToken|NotBefore)Error$/.test(info.name);
  return failedElsewhere ? info : challenge(problems.tokenInvalid, 'Bearer error="invalid_token"');
}

/**
 * Creates a 401 with a `WWW-Authenticate` challenge (RFC 6750 §3).
 * @param scheme the challenge
 */
export function challenge(problem: Problem, scheme: string): Error {
  return problem.exception({ challenge: scheme });
}
