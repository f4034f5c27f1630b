export { PasswordLoginModule } from './password-login.module.ts';
export { LoginService, replyWithLogin, type LoginResult } from './password-login.service.ts';
export { loginResultExamples, loginResultSchema } from './password-login.schema.ts';
