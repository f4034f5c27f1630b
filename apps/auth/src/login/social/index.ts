export { SocialLoginModule } from './social-login.module.ts';
export { ExternalIdentity } from './external-identity.entity.ts';
export { FlowsService } from './flows.service.ts';
