export { ArtifactsRepository } from './artifacts.repository.ts';
export { clientIdSchema, consentListExample, consentListSchema } from './consents.schema.ts';
export { consentNotFound } from './grants.problems.ts';
export { GrantsRepository, type ApplicationConsent } from './grants.repository.ts';
export { GrantsService } from './grants.service.ts';
export { OpenIdModule } from './openid.module.ts';
export { RefreshTokensRepository } from './refresh-tokens.repository.ts';
