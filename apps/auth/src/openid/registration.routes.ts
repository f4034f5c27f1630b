import { contextOf, fastifyOf } from '#common';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { answerOAuthErrors } from './oauth-errors.ts';
import { RegistrationService } from './registration.service.ts';
import { registrationPath } from './routes.ts';

/** The endpoint of dynamic client registration, if it is on. */
@Injectable()
export class RegistrationRoutes implements OnModuleInit {
  private readonly logger = new Logger(RegistrationRoutes.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly registration: RegistrationService,
  ) {}

  onModuleInit(): void {
    const fastify: Partial<FastifyInstance> | undefined = fastifyOf(this.adapterHost);
    if (this.registration.isOpen) {
      void fastify?.register?.(async (scope) => {
        scope.setErrorHandler(answerOAuthErrors(this.logger));
        scope.post(registrationPath, async (request, reply) => {
          const { body, headers } = request;
          const registered = await this.registration.register(body, headers.authorization, contextOf(request));
          return reply.status(201).header('cache-control', 'no-store').send(registered);
        });
      });
    }
  }
}
