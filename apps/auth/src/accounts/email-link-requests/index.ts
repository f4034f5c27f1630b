export { EmailLinkRequestsModule } from './email-link-requests.module.ts';
export { EmailLinkRequestsService } from './email-link-requests.service.ts';
