export { SignInModule } from './sign-in.module.ts';
export { SignInService } from './sign-in.service.tsx';
export { LinkSentPage } from './sign-in.views.tsx';
export { emailForm } from './sign-in.forms.ts';
export { ProvidersService, type ProviderAccount } from './providers.service.ts';
export type { ProviderChoice } from './sign-in.views.tsx';
