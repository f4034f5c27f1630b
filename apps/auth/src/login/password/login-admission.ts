import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { hashQueueFull, PasswordsService } from '../../passwords/index.ts';
import { LoginMetrics } from './login.metrics.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by {@link AdmitLogins}. */
    login?: boolean;
  }
}

/** Makes a route one that {@link LoginAdmission} guards. */
export const AdmitLogins = (): MethodDecorator => RouteConfig({ login: true });

/**
 * Refuses a login before its body is read where its hash would be refused: under many times the load that hashes allow, most
 * of the processor's time that is lost to them is that of refusals.
 */
@Injectable()
export class LoginAdmission implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly passwords: PasswordsService,
    private readonly metrics: LoginMetrics,
  ) {}

  onModuleInit(): void {
    // the command line has no adapter
    const fastify = (
      this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined
    )?.getInstance<FastifyInstance>();
    fastify?.addHook('onRequest', (request, _reply, done) => {
      if (request.routeOptions.config.login === true && !this.passwords.queue.hasRoom) {
        this.metrics.logins.inc({ result: 'unavailable' });
        done(hashQueueFull.exception({ retryAfter: 1 }));
      } else {
        done();
      }
    });
  }
}
