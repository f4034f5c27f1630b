import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/index.ts';
import { KeysModule } from '../keys/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { PasskeysModule } from '../passkeys/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { SocialLoginModule } from '../social-login/index.ts';
import { HousekeepingService } from './housekeeping.service.ts';

/** What the service does by itself from time to time. */
@Module({
  imports: [AttemptsModule, KeysModule, OneTimeTokensModule, PasskeysModule, SessionsModule, SocialLoginModule],
  providers: [HousekeepingService],
  exports: [HousekeepingService],
})
export class HousekeepingModule {}

export { HousekeepingService };
