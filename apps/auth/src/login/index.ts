export { lastLoginMethod } from './login.problems.ts';
export { LoginRepository, type ClaimedAccount, type ProviderIdentity } from './login.repository.ts';
