import { fastifyOf } from '#common';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { hashQueueFull, PasswordsService } from '../../passwords/index.ts';
import { loginResults } from '../completion/index.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by {@link AdmitLogins}. */
    login?: boolean;
  }
}

/** Makes {@link LoginAdmission} check the requests of a route. */
export const AdmitLogins = (): MethodDecorator => RouteConfig({ login: true });

/**
 * Rejects a login before its body is read if the hash queue is full. Under overload the cost of rejections limits the logins
 * that still succeed, so they must be as cheap as possible.
 */
@Injectable()
export class LoginAdmission implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly passwords: PasswordsService,
  ) {}

  onModuleInit(): void {
    fastifyOf(this.host)?.addHook('onRequest', (request, _reply, done) => {
      if (request.routeOptions.config.login === true && !this.passwords.hasRoom(request.address)) {
        loginResults.inc({ result: 'unavailable' });
        done(hashQueueFull.exception({ retryAfter: 1 }));
      } else {
        done();
      }
    });
  }
}
