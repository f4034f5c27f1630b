export { MagicLinkModule } from './magic-link.module.ts';
export { MagicLinkService } from './magic-link.service.ts';
