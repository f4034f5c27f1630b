import { z } from 'zod';
import { signingAlgorithms } from '../signing-keys/index.ts';
import { authenticationMethod, grantTypes, type Application } from './application.ts';
import type { ApplicationSecret } from './application-secrets.repository.ts';

const exampleId = '0199f2c4-9a10-7b2c-8d1e-3c5a7e9f1b20';

const secretSchema = z.object({
  id: z.uuid(),
  prefix: z.string().nullable().meta({ description: 'first characters of the secret' }),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().meta({ description: 'last use, to the minute' }),
});

const fields = {
  id: z.uuid(),
  client_id: z.string(),
  name: z.string(),
  logo_url: z.string().nullable(),
  brand_color: z.string().nullable(),
  terms_url: z.string().nullable(),
  privacy_url: z.string().nullable(),
  kind: z.enum(['web', 'single_page', 'native', 'machine']),
  first_party: z.boolean(),
  declared: z.boolean().meta({ description: 'whether it comes from `APPLICATIONS_FILE`, where it must be changed' }),
  authentication: z.enum(['client_secret_basic', 'private_key_jwt', 'none']),
  grant_types: z.array(z.string()),
  redirect_uris: z.array(z.string()),
  post_logout_redirect_uris: z.array(z.string()),
  origins: z.array(z.string()),
  backchannel_logout_uri: z.string().nullable(),
  resources: z.array(z.string()),
  audiences: z.array(z.string()),
  scopes: z.array(z.string()),
  scope_descriptions: z.record(z.string(), z.string()),
  jwks: z.object({ keys: z.array(z.looseObject({})) }).nullable(),
  id_token_signed_response_alg: z.enum(signingAlgorithms),
  access_token_ttl_seconds: z.int().nullable(),
  refresh_token_ttl_seconds: z.int().nullable(),
};

export type ApplicationView = z.output<z.ZodObject<typeof fields>>;

const fullSchema = z.object({ ...fields, logo: z.string().nullable(), secrets: z.array(secretSchema) });

export const applicationSchema = fullSchema.meta({ id: 'Application', description: 'A client of the OpenID provider' });

export const applicationListSchema = z
  .object({ applications: z.array(z.object(fields)) })
  .meta({ id: 'ApplicationList', description: 'Up to 1000 applications, the oldest first' });

const secretValue = z.string().meta({ description: 'shown only once' });

export const createdApplicationSchema = z
  .object({ ...fullSchema.shape, client_secret: secretValue.nullable() })
  .meta({ id: 'CreatedApplication', description: 'A new application; without a secret if its kind uses none' });

export const issuedSecretSchema = z
  .object({ secret_id: z.uuid(), client_secret: secretValue })
  .meta({ id: 'IssuedApplicationSecret', description: 'A new secret' });

/** An application as admins see it. */
export function applicationView(application: Application): ApplicationView {
  return {
    id: application.id,
    client_id: application.clientId,
    name: application.name,
    logo_url: application.logoUrl,
    brand_color: application.brandColor,
    terms_url: application.termsUrl,
    privacy_url: application.privacyUrl,
    kind: application.kind,
    first_party: application.firstParty,
    declared: application.declared,
    authentication: authenticationMethod(application),
    grant_types: [...grantTypes[application.kind]],
    redirect_uris: application.redirectUris,
    post_logout_redirect_uris: application.postLogoutRedirectUris,
    origins: application.origins,
    backchannel_logout_uri: application.backchannelLogoutUri,
    resources: application.resources,
    audiences: application.audiences,
    scopes: application.scopes,
    scope_descriptions: application.scopeDescriptions,
    jwks: application.jwks as ApplicationView['jwks'],
    id_token_signed_response_alg: application.idTokenSignedResponseAlg,
    access_token_ttl_seconds: application.accessTokenTtlSeconds,
    refresh_token_ttl_seconds: application.refreshTokenTtlSeconds,
  };
}

export const secretView = (secret: ApplicationSecret): z.output<typeof secretSchema> => ({
  ...secret,
  created_at: secret.created_at.toISOString(),
  expires_at: secret.expires_at?.toISOString() ?? null,
  last_used_at: secret.last_used_at?.toISOString() ?? null,
});

const listedExample: ApplicationView = {
  id: exampleId,
  client_id: 'notes',
  name: 'Notes',
  logo_url: null,
  brand_color: '#1d4ed8',
  terms_url: 'https://notes.example.com/terms',
  privacy_url: 'https://notes.example.com/privacy',
  kind: 'web',
  first_party: true,
  declared: false,
  authentication: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://notes.example.com/signed-in'],
  post_logout_redirect_uris: ['https://notes.example.com/'],
  origins: [],
  backchannel_logout_uri: 'https://notes.example.com/logout',
  resources: [],
  audiences: [],
  scopes: ['notes:read'],
  scope_descriptions: { 'notes:read': 'read your notes' },
  jwks: null,
  id_token_signed_response_alg: 'ES256',
  access_token_ttl_seconds: null,
  refresh_token_ttl_seconds: null,
};

export const applicationListExample = { applications: [listedExample] };
export const issuedSecretExample = {
  secret_id: '0199f2c4-9b44-7e0a-9f3b-6d8c0a2e4f61',
  client_secret: 'cs_0123456789ab_…',
};
export const applicationExample = {
  ...listedExample,
  logo: null,
  secrets: [
    {
      id: issuedSecretExample.secret_id,
      prefix: 'cs_0123456789ab',
      created_at: '2026-11-25T12:00:00.000Z',
      expires_at: null,
      last_used_at: null,
    },
  ],
};
export const createdApplicationExample = { ...applicationExample, client_secret: issuedSecretExample.client_secret };
