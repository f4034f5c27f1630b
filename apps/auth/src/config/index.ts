export { brandColor, logoFile, type Logo } from './brand.ts';
export { consoleClientId } from './console.ts';
export { lightened, minContrast } from './contrast.ts';
export { productionProblems } from './production.ts';
export { providersSetting, type ProviderSettings } from './oidc-providers.ts';
