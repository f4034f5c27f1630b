export { MfaModule } from './mfa.module.ts';
export { MfaService, type Factor } from './mfa.service.ts';
export { Totp } from './totp.entity.ts';
export {
  mfaAnswerSchema,
  mfaChallengeExample,
  mfaChallengeSchema,
  type MfaAnswer,
  type MfaChallenge,
} from './mfa.schema.ts';
export { mfaCodeInvalid, mfaTokenInvalid } from './mfa.problems.ts';
