export { ServiceAccountsModule } from './service-accounts.module.ts';
export { ApiKey } from './api-key.entity.ts';
export { ServiceAccount } from './service-account.entity.ts';
export { ServiceAccountsService } from './service-accounts.service.ts';
export { isKeyOf, prefixOf } from './api-key.secret.ts';
