import { Destinations } from '#common';
import { z } from 'zod';
import {
  authenticationMethod,
  grantTypes,
  newApplicationSchema,
  openIdScopes,
  type Application,
  type NewApplicationBody,
} from '../applications/index.ts';
import { publicMetadata } from './client-metadata.ts';

const publicOnly = new Destinations();
const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;

/** Checked by {@link newApplicationSchema}. */
const checked = z.unknown().optional();

/**
 * Client metadata (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2). Not strict: a client may send what the server does not
 * know.
 */
const metadataSchema = z.object({
  application_type: z.enum(['web', 'native']).default('web'),
  token_endpoint_auth_method: z.enum(authenticationMethods).optional(),
  grant_types: z.array(z.string()).optional(),
  response_types: z.array(z.literal('code')).optional(),
  client_name: checked,
  logo_uri: checked,
  redirect_uris: checked,
  post_logout_redirect_uris: checked,
  backchannel_logout_uri: checked,
  id_token_signed_response_alg: checked,
  jwks: checked,
});

/** The metadata that a client asks for, as an application of others without any scope but those of OpenID Connect. */
export const registrationSchema = metadataSchema.transform((metadata, context): NewApplicationBody => {
  const kind = kindOf(metadata);
  const refuse = (path: PropertyKey[], message: string) => {
    context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  };
  const parsed = newApplicationSchema.safeParse({
    kind,
    name: metadata.client_name,
    logo_url: metadata.logo_uri,
    redirect_uris: metadata.redirect_uris,
    post_logout_redirect_uris: metadata.post_logout_redirect_uris,
    backchannel_logout_uri: metadata.backchannel_logout_uri,
    id_token_signed_response_alg: metadata.id_token_signed_response_alg,
    jwks: metadata.jwks,
  });
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      refuse([memberOf[String(path[0])] ?? String(path[0]), ...path.slice(1)], message);
    }
    return z.NEVER;
  }
  const { backchannel_logout_uri: logoutUri } = parsed.data;
  if (logoutUri !== null && !publicOnly.permit(new URL(logoutUri))) {
    return refuse(
      ['backchannel_logout_uri'],
      'must be an https:// URL of a public host, because this service calls it',
    );
  }
  const method = metadata.token_endpoint_auth_method?.replace('_post', '_basic');
  if (method !== undefined && method !== authenticationMethod({ kind, jwks: parsed.data.jwks })) {
    return refuse(['token_endpoint_auth_method'], 'does not fit the application type and the keys');
  }
  if (metadata.grant_types?.some((grant) => !grantTypes[kind].includes(grant))) {
    return refuse(['grant_types'], `must be of ${grantTypes[kind].join(' ')}`);
  }
  // a page in a browser exchanges its codes from where it gets them
  const origins = kind === 'single_page' ? parsed.data.redirect_uris.map((uri) => new URL(uri).origin) : [];
  return { ...parsed.data, origins: [...new Set(origins)] };
});

/** The members of metadata whose names differ from those of an application. */
const memberOf: Readonly<Record<string, string>> = {
  name: 'client_name',
  logo_url: 'logo_uri',
  kind: 'application_type',
};

/** A client in a browser has no secret, and neither has one on a device. */
function kindOf({
  application_type,
  token_endpoint_auth_method,
}: z.output<typeof metadataSchema>): 'native' | 'single_page' | 'web' {
  if (application_type === 'native') {
    return 'native';
  }
  return token_endpoint_auth_method === 'none' ? 'single_page' : 'web';
}

/**
 * The response to a registration (RFC 7591 §3.2.1): what is registered, which may be more than was asked for.
 * @param secret shown only here
 */
export const registrationOf = (application: Application, secret: string | undefined) => ({
  ...publicMetadata(application),
  scope: openIdScopes.join(' '),
  client_id_issued_at: Math.floor(Date.now() / 1000),
  ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
});
