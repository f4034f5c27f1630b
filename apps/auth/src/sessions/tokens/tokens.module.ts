import { Module } from '@nestjs/common';
import { SigningKeysModule } from '../../signing-keys/index.ts';
import { AccessTokensService } from './access-tokens.service.ts';
import { RefreshTokens } from './refresh-tokens.ts';

/** Access and refresh tokens. */
@Module({
  imports: [SigningKeysModule],
  providers: [AccessTokensService, RefreshTokens],
  exports: [AccessTokensService, RefreshTokens],
})
export class TokensModule {}
