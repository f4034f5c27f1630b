import { z } from 'zod';

const endpoint = z.url({ protocol: /^https?$/ }).regex(/^[^?#]+$/);
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .min(1)
    .refine((items) => new Set(items).size === items.length, 'must not contain duplicates');
/** Asymmetric algorithms: what anybody can forge, or what needs a readable secret, must not be announced. */
const algorithm = z.enum([
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
]);

/** The metadata of a provider: RFC 8414 §2 and OpenID Connect Discovery §3, with the extensions that this service has, and no others. */
export const providerMetadata = z.strictObject({
  issuer: endpoint,
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  userinfo_endpoint: endpoint,
  jwks_uri: endpoint,
  // RFC 7591 §3
  registration_endpoint: endpoint.optional(),
  scopes_supported: list(z.string()).refine((scopes) => scopes.includes('openid'), 'must contain openid'),
  // RFC 9700 §2.1.2, §2.4: neither implicit nor password grants
  response_types_supported: z.tuple([z.literal('code')]),
  response_modes_supported: list(z.enum(['query', 'fragment', 'form_post'])),
  grant_types_supported: list(
    z.enum([
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ]),
  ),
  subject_types_supported: list(z.enum(['public', 'pairwise'])),
  id_token_signing_alg_values_supported: list(algorithm).refine(
    (algorithms) => algorithms.includes('RS256'),
    'must contain RS256 (OpenID Connect Discovery §3)',
  ),
  token_endpoint_auth_methods_supported: list(
    z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']),
  ),
  token_endpoint_auth_signing_alg_values_supported: list(algorithm),
  acr_values_supported: list(z.string()),
  claim_types_supported: z.tuple([z.literal('normal')]),
  claims_supported: list(z.string()),
  claims_parameter_supported: z.literal(true),
  request_uri_parameter_supported: z.literal(false),
  ui_locales_supported: list(z.string().regex(/^[a-z]{2}$/)),
  // RFC 7636
  code_challenge_methods_supported: z.tuple([z.literal('S256')]),
  // RFC 9207
  authorization_response_iss_parameter_supported: z.literal(true),
  // RFC 7009, RFC 7662
  revocation_endpoint: endpoint,
  introspection_endpoint: endpoint,
  // RFC 8628
  device_authorization_endpoint: endpoint,
  // RFC 9126
  pushed_authorization_request_endpoint: endpoint,
  // RFC 9449
  dpop_signing_alg_values_supported: list(algorithm),
  // OpenID Connect RP-Initiated Logout §2.1, Back-Channel Logout §2.1
  end_session_endpoint: endpoint,
  backchannel_logout_supported: z.literal(true),
  backchannel_logout_session_supported: z.literal(true),
});

const base64url = (minLength: number) => z.string().regex(new RegExp(`^[\\w-]{${String(minLength)},}$`));
const common = { kid: base64url(43), use: z.literal('sig') };

/** Public keys (RFC 7517 §4, RFC 7518 §6) of 128 bits of security for EC and at least 2048 bits for RSA, and nothing private. */
export const keySet = z.strictObject({
  keys: list(
    z.discriminatedUnion('kty', [
      z.strictObject({
        kty: z.literal('EC'),
        alg: z.literal('ES256'),
        crv: z.literal('P-256'),
        x: base64url(43),
        y: base64url(43),
        ...common,
      }),
      z.strictObject({
        kty: z.literal('RSA'),
        alg: z.literal('RS256'),
        n: base64url(342),
        e: z.literal('AQAB'),
        ...common,
      }),
    ]),
  ),
});
