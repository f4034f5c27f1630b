import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.ts';
import { AuditModule } from '../audit/index.ts';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.ts';
import { WebhookDispatcher } from './webhook-dispatcher.ts';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.ts';
import { WebhooksController } from './webhooks.controller.ts';
import { WebhooksService } from './webhooks.service.ts';

/** Webhooks: sends events to other systems. */
@Module({
  imports: [AccountsModule, AuditModule],
  controllers: [WebhooksController],
  providers: [WebhookDeliveriesRepository, WebhookDispatcher, WebhookEndpointsRepository, WebhooksService],
  exports: [WebhooksService],
})
export class WebhooksModule {}
