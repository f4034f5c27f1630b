export { AccountPagesModule } from './account-pages.module.ts';
