import { Module } from '@nestjs/common';
import { KeysModule } from '../keys/index.ts';
import { AccessTokensService } from './access-tokens.service.ts';
import { RefreshTokens, type RefreshToken } from './refresh-tokens.ts';

/** Access and refresh tokens. */
@Module({
  imports: [KeysModule],
  providers: [AccessTokensService, RefreshTokens],
  exports: [AccessTokensService, RefreshTokens],
})
export class TokensModule {}

export { AccessTokensService, RefreshTokens };
export type { RefreshToken };
