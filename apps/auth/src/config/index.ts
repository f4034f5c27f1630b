export { productionProblems } from './production.ts';
export { providersSetting, type ProviderSettings } from './oidc-providers.ts';
