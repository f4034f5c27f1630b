export { EmailLinksModule } from './email-links.module.ts';
export { EmailLinksService } from './email-links.service.ts';
