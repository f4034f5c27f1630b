export { ClientCredentialsModule } from './client-credentials.module.ts';
