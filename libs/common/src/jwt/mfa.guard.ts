import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { assertMfa, type Caller, type MfaRequirement } from '#guard';
import { RequireMfa } from '#guard/nest';

/** Enforces `@RequireMfa()`. It runs after the access token guard. */
@Injectable()
export class MfaGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const required = this.reflector.getAllAndOverride(RequireMfa, [context.getHandler(), context.getClass()]) as
      MfaRequirement | undefined;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Caller }>();
    if (required) {
      assertMfa(request, request.user, required);
    }
    return true;
  }
}
