export { AccountsModule } from './accounts.module.ts';
export { Account } from './account.entity.ts';
export { AccountDirectoryRepository, type AccountDetails } from './account-directory.repository.ts';
export { AccountsRepository, type Role, type StoredAccount } from './accounts.repository.ts';
export { AccountsService, type KnownAccount } from './accounts.service.ts';
export { email } from './accounts.schema.ts';
export { emailTaken, passwordIncorrect } from './accounts.problems.ts';
