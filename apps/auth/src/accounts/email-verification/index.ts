export { EmailVerificationModule } from './email-verification.module.ts';
export {
  confirmationSchema,
  verificationConfirmationSchema,
  type Confirmation,
  type VerificationConfirmation,
} from './email-verification.schema.ts';
export { EmailVerificationService } from './email-verification.service.ts';
