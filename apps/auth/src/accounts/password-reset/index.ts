export { PasswordResetModule } from './password-reset.module.ts';
