export { PasswordLoginModule } from './password-login.module.ts';
export { AdmitLogins } from './login-admission.ts';
export { loginSchema } from './password-login.schema.ts';
export { PasswordLoginService } from './password-login.service.ts';
