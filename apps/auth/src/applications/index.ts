export { authenticationMethod, grantTypes, publicKinds, type Application } from './application.ts';
export { isOwnResource } from './application-uris.ts';
export { applicationNotFound } from './applications.problems.ts';
export { ApplicationsModule } from './applications.module.ts';
export { applicationColumns } from './applications.repository.ts';
export { applicationIdSchema, clientIdPattern, openIdScopes } from './applications.schema.ts';
export { readDeclarations } from './declarations.ts';
export { newApplicationSchema, type NewApplicationBody } from './applications.schema.ts';
export { ApplicationsService } from './applications.service.ts';
