export { MagicLinkModule } from './magic-link.module.ts';
