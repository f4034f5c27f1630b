/** The guard for NestJS, on Fastify or Express. */
import {
  createParamDecorator,
  HttpException,
  Injectable,
  Module,
  SetMetadata,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type FactoryProvider,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { AccessTokens, type PresentingRequest } from './access-tokens.ts';
import { callerId, type Caller, type Principal } from './caller.ts';
import { createGuard, type GuardOptions } from './create-guard.ts';
import { Rejection } from './rejection.ts';
import type { MfaRequirement } from './requirements.ts';

export const IS_PUBLIC = 'is public';

/** Allows calls without an access token. All other routes require one. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
/** Lets only callers with one of these roles through. */
export const Roles = Reflector.createDecorator<string[]>();
/**
 * Lets service accounts with all of these scopes through, which no other route does. Accounts get past it only by
 * `@Roles()` on the same route.
 */
export const Scopes = Reflector.createDecorator<string[]>();
/** Requires a recent multi-factor authentication; other callers get a step-up challenge (RFC 9470). */
export const RequireMfa = Reflector.createDecorator<MfaRequirement>();

type GuardedRequest = PresentingRequest & { originalUrl?: string; user?: Caller };

const callerOf = (context: ExecutionContext): Caller =>
  context.switchToHttp().getRequest<GuardedRequest & { user: Caller }>().user;

/** Injects the calling account. Not for `@Public()` routes or `@Scopes()` routes. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => callerOf(context) as Principal,
);

/** Injects the calling account or service account. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext) => callerOf(context));

/** Injects the id of the calling account or service account. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerId(callerOf(context)),
);

/** Requires what a route's decorators say. */
@Injectable()
class TokenGuard implements CanActivate {
  private readonly reflector: Reflector;
  private readonly tokens: AccessTokens;

  constructor(reflector: Reflector, tokens: AccessTokens) {
    this.reflector = reflector;
    this.tokens = tokens;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const roles = this.reflector.getAllAndOverride(Roles, targets) as string[] | undefined;
    const scopes = this.reflector.getAllAndOverride(Scopes, targets) as string[] | undefined;
    const mfa = this.reflector.getAllAndOverride(RequireMfa, targets) as MfaRequirement | undefined;
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, targets)) {
      return true;
    }
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const { headers, method, originalUrl, url } = request;
    try {
      request.user = await this.tokens.authorize({ headers, method, url: originalUrl ?? url }, { roles, scopes, mfa });
    } catch (error) {
      if (!(error instanceof Rejection)) {
        throw error;
      }
      const response = http.getResponse<{ header: (name: string, value: string) => unknown }>();
      for (const [name, value] of Object.entries(error.headers())) {
        response.header(name, value);
      }
      throw new HttpException(error.body(), error.kind.status, { cause: error });
    }
    return true;
  }
}

type AsyncOptions = Pick<FactoryProvider<GuardOptions>, 'inject' | 'useFactory'> & Pick<ModuleMetadata, 'imports'>;

/** Protects all routes of an application: requires an access token, except on `@Public()` routes, and what decorators say. */
@Module({})
export class GuardModule {
  static register({ imports = [], inject = [], useFactory }: AsyncOptions): DynamicModule {
    return {
      module: GuardModule,
      imports,
      providers: [
        {
          provide: AccessTokens,
          inject,
          useFactory: async (...dependencies: never[]) => createGuard(await useFactory(...dependencies)),
        },
        {
          provide: APP_GUARD,
          inject: [Reflector, AccessTokens],
          useFactory: (reflector: Reflector, tokens: AccessTokens) => new TokenGuard(reflector, tokens),
        },
      ],
    };
  }
}
