export { PasswordResetModule } from './password-reset.module.ts';
export { PasswordResetService } from './password-reset.service.ts';
