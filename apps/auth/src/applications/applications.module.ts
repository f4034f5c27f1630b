import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { ApplicationOrigins } from './application-origins.ts';
import { ApplicationsController } from './applications.controller.ts';
import { ApplicationLogosRepository } from './application-logos.repository.ts';
import { ApplicationSecretsRepository } from './application-secrets.repository.ts';
import { ApplicationsRepository } from './applications.repository.ts';
import { ApplicationsService } from './applications.service.ts';
import { DeclaredApplicationsService } from './declared-applications.service.ts';

/** Applications: the clients of the OpenID provider. */
@Module({
  imports: [AccountsModule, AuditModule],
  controllers: [ApplicationsController],
  providers: [
    ApplicationOrigins,
    ApplicationLogosRepository,
    ApplicationSecretsRepository,
    ApplicationsRepository,
    ApplicationsService,
    DeclaredApplicationsService,
  ],
  exports: [ApplicationsService],
})
export class ApplicationsModule {}
