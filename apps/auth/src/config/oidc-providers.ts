import { z } from 'zod';

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** TLS authenticates a provider; plain HTTP is allowed only for loopback hosts. */
const isProtected = ({ protocol, hostname }: URL) =>
  protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
/** A native app's private scheme is a domain in reverse (RFC 8252 §7.1), so it contains a dot. */
const isNative = ({ protocol }: URL) => protocol.includes('.');

const issuer = z.url().refine((text) => URL.canParse(text) && isProtected(new URL(text)), {
  message: 'must be an https:// URL; http:// is allowed only for loopback hosts',
});

/** Compared as text (RFC 9700 §2.1), so it must be written exactly as clients send it. */
const redirectUri = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.href === text && url.search === '' && url.hash === '' && (isProtected(url) || isNative(url));
}, 'must be a normalised https:// URL without query and fragment, an http:// URL of a loopback host, ' + 'or a URL with a native app’s scheme such as com.example.app:/login');

const issuerOfAnyTenant = /^https:\/\/login\.microsoftonline\.com\/(common|organizations|consumers)\//;

const provider = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9 and -, starting with a letter'),
    name: z.string().min(1).max(64),
    issuer,
    client_id: z.string().min(1),
    client_secret: z.string().min(1).optional(),
    client_authentication: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be a scope (RFC 6749 §3.3)'))
      .refine((scopes) => scopes.includes('openid'), 'must include openid')
      .default(['openid', 'email']),
    redirect_uris: z.array(redirectUri).min(1),
    trust_email: z.boolean().default(false),
  })
  // an admin of any tenant can give its members any e-mail address
  .refine(({ issuer, trust_email }) => !trust_email || !issuerOfAnyTenant.test(issuer), {
    path: ['trust_email'],
    message: 'requires the issuer of one tenant',
  });

/** An OpenID provider that users can log in with. */
export type ProviderSettings = z.output<typeof provider>;

/** The setting `OIDC_PROVIDERS`: a JSON array. */
export const providersSetting = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // the parser's own message quotes the text, which contains secrets
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z.array(provider).refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'ids must be unique'),
  )
  .optional()
  .transform((list) => list ?? []);
