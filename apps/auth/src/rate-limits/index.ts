export { RateLimitsModule } from './rate-limits.module.ts';
export {
  consuming,
  inOrder,
  knownDevicesFactor,
  succeeding,
  type ConsumedLimits,
  type LoginLimits,
  type RateLimit,
} from './rate-limits.repository.ts';
export { RateLimitsService } from './rate-limits.service.ts';
export { ipKey } from './ip-key.ts';
export { loginKeys, mfaKeys, ownerKeys, reauthenticationKeys } from './account-keys.ts';
export { emailKey, mailboxKey } from './email-key.ts';
export { tooManyAttempts } from './rate-limits.problems.ts';
