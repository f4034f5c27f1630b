export { LoginRepository, type ClaimedAccount } from './login.repository.ts';
