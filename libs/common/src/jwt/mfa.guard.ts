import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { problems } from '../errors/problem.ts';
import { challenge } from './access-token.guard.ts';
import { authenticationClass, type ClientPrincipal, type Principal } from './principal.ts';

/** Required multi-factor authentication. */
interface MfaRequirement {
  /** Maximum age of the authentication, in seconds. */
  maxAgeSeconds: number;
  /** Also allows sessions with one factor, for operations that accounts without a second factor need. */
  onlyIfProved?: boolean;
}

/** Requires a recent multi-factor authentication; other callers get a step-up challenge (RFC 9470). */
export const RequireMfa = Reflector.createDecorator<MfaRequirement>();

/** Enforces {@link RequireMfa}. It runs after the access token guard. */
@Injectable()
export class MfaGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const required = this.reflector.getAllAndOverride(RequireMfa, [context.getHandler(), context.getClass()]) as
      MfaRequirement | undefined;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal | ClientPrincipal }>();
    if (required && !satisfies(request.user, required)) {
      throw stepUpRequired(request, required.maxAgeSeconds);
    }
    return true;
  }
}

function satisfies(
  user: Principal | ClientPrincipal | undefined,
  { maxAgeSeconds, onlyIfProved = false }: MfaRequirement,
): boolean {
  if (user === undefined || 'serviceAccountId' in user) {
    return false;
  }
  return authenticationClass(user.amr) === 'aal2' ? Date.now() / 1000 - user.authTime <= maxAgeSeconds : onlyIfProved;
}

/** A problem with the step-up challenge (RFC 9470 §3). */
export const stepUpRequired = (request: FastifyRequest, maxAgeSeconds: number): Error =>
  challenge(
    problems.mfaRequired,
    request,
    'error="insufficient_user_authentication", ' +
      `error_description="a recent multi-factor authentication is required", acr_values="aal2", max_age=${String(maxAgeSeconds)}`,
  );
