export { MfaModule } from './mfa.module.ts';
export { MfaChallengesService, type FirstFactor } from './mfa-challenges.service.ts';
export { MfaService } from './mfa.service.ts';
export {
  mfaAnswerSchema,
  mfaChallengeExample,
  mfaChallengeSchema,
  type MfaAnswer,
  type MfaChallenge,
} from './mfa.schema.ts';
export { mfaCodeInvalid, mfaTokenInvalid } from './mfa.problems.ts';
export { RecoveryCodesRepository } from './recovery-codes.repository.ts';
export { TotpRepository } from './totp.repository.ts';
