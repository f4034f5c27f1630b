import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';
import { challenge } from './access-token.guard.ts';
import type { ClientPrincipal, Principal } from './principal.ts';

/** Lets only callers with one of these roles through. */
export const Roles = Reflector.createDecorator<string[]>();

/**
 * Lets service accounts with all of these scopes through, which no other route does. Accounts get past it only by
 * `@Roles()` on the same route.
 */
export const Scopes = Reflector.createDecorator<string[]>();

/** Enforces {@link Roles} and {@link Scopes}; runs after the access token guard. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const roles = this.reflector.getAllAndOverride(Roles, targets) as string[] | undefined;
    const scopes = this.reflector.getAllAndOverride(Scopes, targets) as string[] | undefined;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal | ClientPrincipal }>();
    const { user } = request;
    if (user && 'serviceAccountId' in user) {
      assertScopes(request, user, scopes);
      return true;
    }
    if (roles && !roles.some((role) => user?.roles.includes(role))) {
      throw problems.roleRequired.exception();
    }
    if (scopes && !roles) {
      throw lacksScope(request, scopes);
    }
    return true;
  }
}

function assertScopes(request: FastifyRequest, client: ClientPrincipal, scopes: string[] | undefined): void {
  if (!scopes) {
    throw challenge(problems.tokenInvalid, request, 'error="invalid_token"');
  }
  if (!scopes.every((scope) => client.scopes.includes(scope))) {
    throw lacksScope(request, scopes);
  }
}

/** RFC 6750 §3.1: says which scopes it takes. */
function lacksScope(request: FastifyRequest, scopes: string[]): Error {
  return challenge(problems.scopeRequired, request, `error="insufficient_scope", scope="${scopes.join(' ')}"`);
}
