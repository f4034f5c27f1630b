import { firstLocale, type Locale } from '../../texts/index.ts';

const defaultPath = '/account';

/** Pages of this service that a person may come from and go back to. Others would do something that the person does not expect. */
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

/** The first segments of this service's own paths, which the gateway routes to it. */
const ownSegments = new Set([
  '.well-known',
  'accept-invitation',
  'account',
  'assets',
  'auth',
  'confirm-email',
  'forgot-password',
  'magic-link',
  'openid',
  'register',
  'reset-password',
  'sign-in',
  'sign-out',
  'verify-email',
]);
const firstSegment = /^\/([\w.-]+)(?:[/?]|$)/;
const anyOrigin = 'https://origin.invalid';
/** Of a URL, without its origin: cookies and forms have room for it. */
const maxLength = 2048;

/** Where a person goes after the login: the given path if it is one of these pages or of another service, otherwise the account. */
export function continueUrl(given: unknown): string {
  return typeof given === 'string' &&
    (known.has(given) || providers.test(given) || interaction.test(given) || isElsewhere(given))
    ? given
    : defaultPath;
}

/** Whether a URL without its origin is one of another service of this origin, and what browsers make of it is the same. */
function isElsewhere(url: string): boolean {
  const [, segment = ''] = firstSegment.exec(url) ?? [];
  return (
    segment !== '' &&
    !ownSegments.has(segment) &&
    url.length <= maxLength &&
    new URL(url, anyOrigin).href === anyOrigin + url
  );
}

/** The language that the request of an application states; null if it states none. */
export const continueLocale = (url: string): Locale | null =>
  firstLocale(interaction.exec(url)?.groups?.['locale'] ?? '');

/** A link to a page that keeps where the person goes afterwards. */
export function withContinue(path: string, target: string): string {
  const separator = path.includes('?') ? '&' : '?';
  return target === defaultPath ? path : `${path}${separator}${new URLSearchParams({ continue: target }).toString()}`;
}
