export { RegistrationPagesModule } from './registration.module.ts';
