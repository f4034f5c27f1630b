export { WebhooksModule } from './webhooks.module.ts';
export { WebhooksService } from './webhooks.service.ts';
