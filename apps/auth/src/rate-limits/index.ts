export { RateLimitsModule } from './rate-limits.module.ts';
export {
  RateLimitsService,
  gateParameters,
  reserving,
  settling,
  type RateLimit,
  type RateLimits,
} from './rate-limits.service.ts';
export { ipKey } from './ip-key.ts';
export { emailKey } from './email-key.ts';
export { tooManyAttempts } from './rate-limits.problems.ts';
