export { EmailVerificationModule } from './email-verification.module.ts';
export { EmailVerificationService } from './email-verification.service.ts';
export { confirmationSchema, type Confirmation } from './email-verification.schema.ts';
