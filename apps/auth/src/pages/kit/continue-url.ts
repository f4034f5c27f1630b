import { firstLocale, type Locale } from '../../texts/index.ts';

const defaultPath = '/account';

/** Pages of this service that a person may come from and go back to. Anything else would be an open redirect. */
const known = new Set([
  defaultPath,
  '/account/applications',
  '/account/authenticator',
  '/account/authenticator/remove',
  '/account/delete',
  '/account/email',
  '/account/passkeys/add',
  '/account/password',
  '/account/profile',
  '/account/recovery-codes',
  '/account/welcome',
]);

/** The pages of providers and identities. */
const providers = /^\/account\/providers\/[\w-]+\/(link|unlink)$/;
/** The page that goes on with the request of an application, which may state a language. */
const interaction = /^\/openid\/interactions\/[\w-]+(\?ui_locales=(?<locale>[a-z]{2}))?$/;

/** Where a person goes after the login: the given path if it is one of the service's own pages, otherwise the account. */
export function continueUrl(given: unknown): string {
  return typeof given === 'string' && (known.has(given) || providers.test(given) || interaction.test(given))
    ? given
    : defaultPath;
}

/** The language that the request of an application states; null if it states none. */
export const continueLocale = (url: string): Locale | null =>
  firstLocale(interaction.exec(url)?.groups?.['locale'] ?? '');

/** A link to a page that keeps where the person goes afterwards. */
export function withContinue(path: string, target: string): string {
  return target === defaultPath ? path : `${path}?${new URLSearchParams({ continue: target }).toString()}`;
}
