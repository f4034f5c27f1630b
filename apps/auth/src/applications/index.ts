export { authenticationMethod, grantTypes, publicKinds, type Application } from './application.ts';
export { isOwnResource } from './application-uris.ts';
export { ApplicationsModule } from './applications.module.ts';
export { applicationColumns } from './applications.repository.ts';
export { clientIdPattern, openIdScopes } from './applications.schema.ts';
export { readDeclarations } from './declarations.ts';
export { newApplicationSchema, type NewApplicationBody } from './applications.schema.ts';
export { ApplicationsService } from './applications.service.ts';
