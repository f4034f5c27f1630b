export { LoginCompletionModule } from './login-completion.module.ts';
export { LoginCompletionService, type LoginResult, type ProvenLogin } from './login-completion.service.ts';
export { loginResultExamples, loginResultSchema } from './login-completion.schema.ts';
export { emailUnverified } from './login-completion.problems.ts';
export { loginResults } from './login.metrics.ts';
export { replyWithLogin } from './login-reply.ts';
