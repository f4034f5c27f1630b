import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { assertRolesAndScopes, type Caller } from '#guard';
import { Roles, Scopes } from '#guard/nest';

/** Enforces `@Roles()` and `@Scopes()`. It runs after the access token guard. Service accounts use `@Scopes()` routes alone. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const roles = this.reflector.getAllAndOverride(Roles, targets) as string[] | undefined;
    const scopes = this.reflector.getAllAndOverride(Scopes, targets) as string[] | undefined;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Caller }>();
    assertRolesAndScopes(request, request.user, { roles, scopes });
    return true;
  }
}
