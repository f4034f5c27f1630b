import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { authenticationClass, stepUpRequired, type Caller } from '#guard';
import { problems } from '../errors/problem.ts';
import { ACCESS_TOKEN_OPTIONS, type JwtAuthOptions } from './access-token.strategy.ts';

interface RecentLoginRequirement {
  /** Which bodies require it, before they are validated; all of them if it is not set. */
  ifBody?: (body: unknown) => boolean;
}

/**
 * Requires a recent authentication, for operations that give power over accounts: that of a second factor in sessions that have
 * proved one, otherwise the login. Service accounts are not affected.
 */
export const RequireRecentLogin = Reflector.createDecorator<RecentLoginRequirement>();

/** Whether a request's body, before it is validated, contains a role. */
export const rolesInclude =
  (role: string) =>
  (body: unknown): boolean => {
    const { roles } = (body ?? {}) as { roles?: unknown };
    return Array.isArray(roles) && roles.includes(role);
  };

/** Whether a request's body, before it is validated, lacks a member. */
export const lacks =
  (member: string) =>
  (body: unknown): boolean =>
    ((body ?? {}) as Record<string, unknown>)[member] === undefined;

/** Whether a request's body, before it is validated, has a member. */
export const has = (member: string) => {
  const isMissing = lacks(member);
  return (body: unknown): boolean => !isMissing(body);
};

/** Enforces {@link RequireRecentLogin}. It runs after the access token guard. */
@Injectable()
export class RecentLoginGuard implements CanActivate {
  private readonly maxAgeSeconds: number;

  constructor(
    private readonly reflector: Reflector,
    @Inject(ACCESS_TOKEN_OPTIONS) options: JwtAuthOptions,
  ) {
    this.maxAgeSeconds = options.recentLoginSeconds ?? 900;
  }

  canActivate(context: ExecutionContext): boolean {
    const required = this.reflector.getAllAndOverride(RequireRecentLogin, [
      context.getHandler(),
      context.getClass(),
    ]) as RecentLoginRequirement | undefined;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Caller }>();
    const { user, body } = request;
    const applies = required?.ifBody ? required.ifBody(body) : required !== undefined;
    if (!applies || !user || 'serviceAccountId' in user || Date.now() / 1000 - user.authTime <= this.maxAgeSeconds) {
      return true;
    }
    if (authenticationClass(user.amr) === 'aal2') {
      throw stepUpRequired(request, this.maxAgeSeconds);
    }
    throw problems.reauthenticationRequired.exception();
  }
}
