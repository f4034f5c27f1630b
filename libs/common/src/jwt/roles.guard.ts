import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';
import type { Principal } from './principal.ts';

/** Lets only callers with one of these roles through. */
export const Roles = Reflector.createDecorator<string[]>();

/** Enforces {@link Roles}; stands behind the access token guard. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const required = this.reflector.getAllAndOverride(Roles, [context.getHandler(), context.getClass()]) as
      string[] | undefined;
    const { user } = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal }>();
    if (required && !required.some((role) => user?.roles.includes(role))) {
      throw problems.roleRequired.exception();
    }
    return true;
  }
}
