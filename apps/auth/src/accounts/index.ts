export { AccountsModule } from './accounts.module.ts';
export { Account } from './account.entity.ts';
export { AccountsService, type KnownAccount } from './accounts.service.ts';
export { email } from './accounts.schema.ts';
export { emailTaken, passwordIncorrect } from './accounts.problems.ts';
