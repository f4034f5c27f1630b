export { ServiceAccountsModule } from './service-accounts.module.ts';
export { ApiKeysRepository, type ActiveApiKey } from './api-keys.repository.ts';
export { ServiceAccountsService } from './service-accounts.service.ts';
export { hashOf, isKeyOf, newSecret, prefixOf } from './api-key.secret.ts';
export { ServiceAccount } from './service-account.entity.ts';
