export { providersSetting, type ProviderSettings } from './oidc-providers.ts';
