export { ForwardAuthModule } from './forward-auth.module.ts';
