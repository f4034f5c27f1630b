import type * as Library from 'oidc-provider';

/**
 * The library, which is loaded with the first request to the provider: a start would wait for its 200 files. Modules export variables
 * and not values, so that importers see what {@link loadLibrary} has set.
 */
export let errors: typeof Library.errors;
export let ExternalSigningKey: typeof Library.ExternalSigningKey;
export let interactionPolicy: typeof Library.interactionPolicy;
export let Provider: typeof Library.Provider;

export type Provider = Library.Provider;

/** Everything that uses the library runs after it: see `ProviderService.current`. */
export async function loadLibrary(): Promise<void> {
  ({ errors, ExternalSigningKey, interactionPolicy, Provider } = await import('oidc-provider'));
}
