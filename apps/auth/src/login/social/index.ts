export { SocialLoginModule } from './social-login.module.ts';
export { FlowsRepository } from './flows.repository.ts';
export { FlowsService } from './flows.service.ts';
export { IdentitiesRepository } from './identities.repository.ts';
export { ExternalIdentity } from './external-identity.entity.ts';
