import { displayText } from '#common';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';
import { signingAlgorithms } from '../signing-keys/index.ts';
import {
  audience,
  isPrivateUri,
  isSecureLoopback,
  redirectUri,
  resourceUri,
  webOrigin,
  webUrl,
} from './application-uris.ts';
import { brandColor } from '../config/index.ts';

const maxUris = 20;
/** With it, a request stays below the limit of bodies. */
const maxLogoBytes = 8 * 1024;
const maxScopes = 32;
const maxTokenTtlSeconds = 3600;
const maxRefreshTtlSeconds = 31_536_000;
const maxOverlapSeconds = 30 * 24 * 60 * 60;
const defaultOverlapSeconds = 24 * 60 * 60;
export const clientIdPattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;

const list = (item: z.ZodString) =>
  z
    .array(item)
    .max(maxUris)
    .default(() => [])
    .refine((items) => new Set(items).size === items.length, 'must not contain duplicates');

/** The scopes of OpenID Connect that every application may ask for. */
export const openIdScopes = ['openid', 'profile', 'email', 'offline_access'];

const scope = z
  .string()
  .regex(/^[a-z][a-z0-9_.:-]{0,63}$/, 'must be lower-case letters, digits and _ . : -, and start with a letter')
  .refine((text) => !openIdScopes.includes(text), 'must not be a scope of OpenID Connect, which all applications have')
  .meta({ example: 'notes:read' });

const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

/** Whether a key verifies signatures, and is neither weak nor so large that it takes long. */
function isVerificationKey(jwk: JsonWebKey): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: jwk, format: 'jwk' });
    const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
    return asymmetricKeyType === 'rsa'
      ? modulusLength >= 2048 && modulusLength <= 8192
      : asymmetricKeyType === 'ed25519' || curves.includes(namedCurve);
  } catch {
    return false;
  }
}

const member = z.string().min(1).optional();
/** Only what verifies signatures: a private key must never be sent here. */
const publicKey = z
  .object({
    kty: z.enum(['EC', 'RSA', 'OKP']),
    kid: member,
    alg: member,
    use: member,
    x5c: z.array(z.string().min(1)).optional(),
  })
  .loose()
  .refine((key) => !('d' in key) && !('k' in key), { error: 'must be a public key', abort: true })
  .refine(isVerificationKey, 'must be a key on P-256, P-384 or P-521, of Ed25519, or of RSA with 2048 to 8192 bits');

/** As a browser's image it can run nothing and load nothing, even as SVG. */
const logo = z
  .string()
  .regex(
    /^data:image\/(png|webp|svg\+xml);base64,(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
    'must be a data: URL of a PNG, WebP or SVG image in base64',
  )
  .refine((url) => Buffer.byteLength(url.slice(url.indexOf(',') + 1), 'base64') <= maxLogoBytes, {
    error: `must be an image of ${String(maxLogoBytes)} bytes at most`,
  })
  .meta({
    description: 'shown on the pages that its requests lead to, if it is first-party: a `data:` URL of 8 KiB at most',
    example: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=',
  });

const members = {
  name: displayText(64).meta({ example: 'Notes' }),
  logo_url: webUrl.nullable().default(null),
  logo: logo.nullable().default(null),
  brand_color: brandColor.nullable().default(null).meta({
    description: 'colour of buttons and links on the pages that its requests lead to, if it is first-party',
    example: '#1d4ed8',
  }),
  terms_url: webUrl
    .nullable()
    .default(null)
    .meta({ description: 'terms of use that those pages link to instead of `TERMS_URL`' }),
  privacy_url: webUrl
    .nullable()
    .default(null)
    .meta({ description: 'privacy policy that those pages link to instead of `PRIVACY_URL`' }),
  first_party: z
    .boolean()
    .default(false)
    .meta({ description: 'whether it belongs to the operator of this service, so that nobody is asked for consent' }),
  redirect_uris: list(redirectUri).meta({
    description: 'compared exactly; the port of a loopback URL of a native application may differ',
  }),
  post_logout_redirect_uris: list(redirectUri),
  origins: list(webOrigin).meta({ description: 'origins of its pages, which may call this service (CORS)' }),
  backchannel_logout_uri: webUrl.nullable().default(null),
  resources: list(resourceUri).meta({ description: 'resource servers that it may get access tokens for (RFC 8707)' }),
  audiences: list(audience).meta({
    description: 'audiences that it serves as a resource server: it may introspect access tokens for them (RFC 7662)',
  }),
  scopes: z
    .array(scope)
    .max(maxScopes)
    .default(() => []),
  scope_descriptions: z
    .record(z.string(), displayText(100))
    .default(() => ({}))
    .meta({
      description:
        'what its scopes allow, in plain words that follow “would like to:” where people are asked for consent',
      example: { 'notes:read': 'read your notes' },
    }),
  jwks: z
    .strictObject({ keys: z.array(publicKey).min(1).max(maxUris) })
    .nullable()
    .default(null)
    .meta({ description: 'public keys for `private_key_jwt`, instead of a secret' }),
  id_token_signed_response_alg: z.enum(signingAlgorithms).default('ES256').meta({
    description: 'algorithm of its ID tokens, for clients that know only RS256; access tokens are always ES256',
  }),
  access_token_ttl_seconds: z.int().min(1).max(maxTokenTtlSeconds).nullable().default(null),
  refresh_token_ttl_seconds: z.int().min(60).max(maxRefreshTtlSeconds).nullable().default(null),
};

const kind = z
  .enum(['web', 'single_page', 'native', 'machine'])
  .meta({ description: 'a server, a page in a browser, an app on a device, or a program without a person' });

interface Rules {
  kind: z.output<typeof kind>;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  audiences: string[];
  scopes: string[];
  scope_descriptions: Record<string, string>;
  jwks: object | null;
}

/**
 * Which members an application's kind requires and rules out, and which scopes it may describe.
 * @param context collects what is wrong
 */
export function checkKind(
  { kind, redirect_uris, post_logout_redirect_uris, audiences, scopes, scope_descriptions, jwks }: Rules,
  context: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  const refuse = (path: string, message: string) => {
    context.addIssue({ code: 'custom', path: [path], message });
  };
  if (Object.keys(scope_descriptions).some((name) => !scopes.includes(name))) {
    refuse('scope_descriptions', 'must describe scopes of the application only');
  }
  if (kind === 'machine' && redirect_uris.length > 0) {
    refuse('redirect_uris', 'must be empty for a machine');
  }
  if (kind !== 'machine' && redirect_uris.length === 0) {
    refuse('redirect_uris', 'must have at least one member');
  }
  if (kind !== 'native' && [...redirect_uris, ...post_logout_redirect_uris].some(isPrivateUri)) {
    refuse('redirect_uris', 'may have a private scheme for native applications only');
  }
  for (const [path, uris] of Object.entries({ redirect_uris, post_logout_redirect_uris })) {
    if (kind === 'native' && uris.some(isSecureLoopback)) {
      refuse(path, 'may have a loopback host with http:// only for native applications');
    }
  }
  if ((kind === 'native' || kind === 'single_page') && jwks !== null) {
    refuse('jwks', 'must be null: applications on devices of users can keep no key');
  }
  if ((kind === 'native' || kind === 'single_page') && audiences.length > 0) {
    refuse('audiences', 'must be empty: applications on devices of users can’t authenticate');
  }
}

const clientId = z
  .string()
  .regex(clientIdPattern, 'must be 1 to 64 letters, digits and . _ -, and start with a letter or digit')
  .meta({ example: 'notes' });

export const newApplicationSchema = z
  .strictObject({ client_id: clientId.optional(), kind, ...members })
  .superRefine(checkKind)
  .meta({
    id: 'NewApplication',
    example: { name: 'Notes', kind: 'web', redirect_uris: ['https://notes.example.com/signed-in'] },
  });

export type NewApplicationBody = z.output<typeof newApplicationSchema>;

export const applicationChangeSchema = z.strictObject(members).meta({
  id: 'ApplicationChange',
  description: 'All members but the client id and the kind; those left out get their defaults',
  example: { name: 'Notes', redirect_uris: ['https://notes.example.com/signed-in'] },
});

export type ApplicationChange = z.output<typeof applicationChangeSchema>;

export const secretRotationSchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(maxOverlapSeconds)
      .default(defaultOverlapSeconds)
      .meta({ description: 'seconds that the newest of the other secrets stays valid; all older ones end at once' }),
  })
  .meta({ id: 'ApplicationSecretRotation', example: { overlap_seconds: 86_400 } });

export const applicationIdSchema = z.uuid().meta({ description: 'id of the application' });

const secretHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of a secret of at least 256 random bits, in 64 hexadecimal digits');

export const declaration = z
  .strictObject({
    client_id: clientId,
    kind,
    ...members,
    secret_hashes: z
      .array(secretHash)
      .max(2)
      .default(() => []),
  })
  .superRefine(checkKind);

/** An application as a file declares it. */
export type Declaration = z.output<typeof declaration>;

/** The content of `APPLICATIONS_FILE`. */
export const declarationsSchema = z.strictObject({
  applications: z
    .array(declaration)
    .refine((all) => new Set(all.map(({ client_id }) => client_id)).size === all.length, 'client ids must be unique'),
});
