export { SocialLoginModule } from './social-login.module.ts';
export { FlowsRepository } from './flows.repository.ts';
export { FlowsService } from './flows.service.ts';
export { IdentitiesRepository } from './identities.repository.ts';
export { IdentitiesService } from './identities.service.ts';
export { identityNotFound } from './social-login.problems.ts';
export { identityExample, identityIdSchema, identityListSchema } from './social-login.schema.ts';
export { ExternalIdentity } from './external-identity.entity.ts';
