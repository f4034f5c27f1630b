export { MfaModule } from './mfa.module.ts';
export { MfaChallengesService, type FirstFactor } from './mfa-challenges.service.ts';
export { MfaService } from './mfa.service.ts';
export {
  mfaAnswerSchema,
  mfaChallengeExample,
  mfaChallengeSchema,
  stepUpSchema,
  totpConfirmationSchema,
  type MfaAnswer,
  type MfaChallenge,
  type MfaStatus,
  type TotpSetup,
} from './mfa.schema.ts';
export { TotpEnrolmentService } from './totp-enrolment.service.ts';
export { mfaCodeInvalid, mfaTokenInvalid, totpNotEnrolled } from './mfa.problems.ts';
export { RecoveryCodesRepository } from './recovery-codes.repository.ts';
export { TotpRepository } from './totp.repository.ts';
export { TotpService } from './totp.service.ts';
