import type { KoaContextWithOIDC } from 'oidc-provider';
import { firstLocale, type Locale } from '../texts/index.ts';
import type { Provider } from './library.ts';

/** Parameters of a request, which may state the languages that its person reads. */
interface Stating {
  ui_locales?: unknown;
}

/** The first language of `ui_locales` that there are pages in (OpenID Connect Core §3.1.2.1); null if there is none. */
export const localeIn = ({ ui_locales: tags }: Stating): Locale | null => firstLocale(tags);

/** The language that a request for a page of the library states: the device's, if it connects one and the URL states none. */
export const statedLocale = ({ oidc, query }: KoaContextWithOIDC): Locale | null =>
  localeIn({ ...oidc.entities.DeviceCode?.params, ...oidc.params, ...query });

/** The pages whose forms and redirects lead to another one of the library. */
const steps = ['code_verification', 'end_session_confirm', 'end_session_success'];

interface Context {
  ctx: KoaContextWithOIDC;
  urlFor: (name: string, options?: object) => string;
}

/** Lets the pages of the library that follow upon each other keep the language that the first one's URL states. */
export function keepStatedLocale(provider: Provider): void {
  const { prototype } = (provider as unknown as { OIDCContext: { prototype: Context } }).OIDCContext;
  const { urlFor } = prototype;
  prototype.urlFor = function (this: Context, name, options) {
    const url = new URL(urlFor.call(this, name, options));
    const locale = steps.includes(name) ? localeIn(this.ctx.query) : null;
    if (locale !== null) {
      url.searchParams.set('ui_locales', locale);
    }
    return url.href;
  };
}
