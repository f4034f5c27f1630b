export { EmailVerificationModule } from './email-verification.module.ts';
export { confirmationSchema, type Confirmation } from './email-verification.schema.ts';
