import { z } from 'zod';
import type { AuthConfig } from '../config.ts';
import { consoleClientId } from '../config/index.ts';

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** TLS authenticates the application's server; plain HTTP is allowed only for loopback hosts (RFC 8252 §8.3). */
const isWeb = ({ protocol, hostname, username, password }: URL) =>
  (protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname))) && username === '' && password === '';

/** A native app's private scheme is a domain in reverse (RFC 8252 §7.1), so it contains a dot. */
const isPrivate = ({ protocol }: URL) => protocol.includes('.');

const parse = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);

const maxLength = 512;

/** Compared as text (RFC 9700 §2.1), so it must be written exactly as clients send it. */
export const redirectUri = z
  .string()
  .max(maxLength)
  .refine((text) => {
    const url = parse(text);
    return url?.href === text && url.hash === '' && !text.includes('*') && (isWeb(url) || isPrivate(url));
  }, 'must be a normalised https:// URL without fragment, an http:// URL of a loopback host, or a URL with a native app’s scheme such as com.example.app:/login')
  .meta({ example: 'https://app.example.com/signed-in' });

/** Whether a redirect URI has a scheme of a native app. */
export const isPrivateUri = (text: string): boolean => parse(text)?.protocol.includes('.') === true;

/**
 * Whether a redirect URI is one of HTTPS on a loopback host. No app can claim such a host on a device, so that the library takes none for
 * native applications (OpenID Connect Dynamic Client Registration §2).
 */
export const isSecureLoopback = (text: string): boolean => {
  const url = parse(text);
  return url?.protocol === 'https:' && loopback.test(url.hostname);
};

/** A URL that this service itself calls, or shows to a browser. */
export const webUrl = z
  .string()
  .max(maxLength)
  .refine((text) => {
    const url = parse(text);
    return url?.hash === '' && isWeb(url);
  }, 'must be an https:// URL without fragment, or an http:// URL of a loopback host');

/** An origin as browsers send it. */
export const webOrigin = z
  .string()
  .max(maxLength)
  .refine((text) => {
    const url = parse(text);
    return url?.origin === text && !text.includes('*') && isWeb(url);
  }, 'must be an origin such as https://app.example.com')
  .meta({ example: 'https://app.example.com' });

/** What `aud` of access tokens says, which need not be a URI. */
export const audience = z
  .string()
  .max(maxLength)
  .regex(/^[^\s"\\]+$/, 'must be without white space, quotes and backslashes')
  .meta({ example: 'https://api.example.com' });

/** A resource indicator (RFC 8707 §2). */
export const resourceUri = z
  .string()
  .max(maxLength)
  .refine((text) => parse(text)?.hash === '' && !/[\s"\\]/.test(text), 'must be an absolute URI without fragment')
  .meta({ example: 'https://api.example.com' });

/** The settings that name this service in access tokens. */
export type OwnNames = Pick<AuthConfig, 'TOKEN_AUDIENCE' | 'TOKEN_ISSUER'>;

/** Whether a resource indicator names this service itself. */
export const isOwnResource = (resource: string, { TOKEN_AUDIENCE, TOKEN_ISSUER }: OwnNames): boolean =>
  resource === TOKEN_AUDIENCE || resource === TOKEN_ISSUER;

/** What of an application may name this service. */
interface Names {
  client_id?: string | undefined;
  first_party: boolean;
  resources: string[];
}

/**
 * Where an application may not name this service. With a resource that does, an application of somebody else would have the person's
 * power over the account. With a client id that does, its tokens would pass for those of a login, which belong to no grant.
 */
export const refusedNames = (
  { client_id, first_party, resources }: Names,
  names: OwnNames,
): { path: string; message: string }[] => [
  ...(client_id === names.TOKEN_AUDIENCE ? [{ path: 'client_id', message: 'must not be this service' }] : []),
  ...(client_id === consoleClientId ? [{ path: 'client_id', message: 'must not be that of the console' }] : []),
  ...resources.flatMap((resource, index) =>
    first_party || !isOwnResource(resource, names)
      ? []
      : { path: `resources.${String(index)}`, message: 'may be this service for first-party applications only' },
  ),
];
