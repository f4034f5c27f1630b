export { PasswordLoginModule } from './password-login.module.ts';
