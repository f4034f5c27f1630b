export { TokensModule } from './tokens.module.ts';
export { AccessTokensService } from './access-tokens.service.ts';
export { RefreshTokens, type RefreshToken } from './refresh-tokens.ts';
