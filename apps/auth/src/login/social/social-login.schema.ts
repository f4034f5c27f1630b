import { z } from 'zod';
import { ownPassword } from '../../passwords/index.ts';

const redirectUri = z.string().min(1).max(2048).meta({
  description: 'where the provider sends the browser back to; the settings of the provider must contain it',
  example: 'https://app.example.com/callback',
});

export const providerIdSchema = z
  .string()
  .min(1)
  .max(32)
  .meta({ description: 'id of the provider, as in `GET /auth/social`', example: 'google' });

export const providerListSchema = z
  .object({ providers: z.array(z.object({ id: z.string(), name: z.string() })) })
  .meta({ id: 'IdentityProviderList', description: 'The OpenID providers that people can log in with' });

export const providerListExample = { providers: [{ id: 'google', name: 'Google' }] };

export const loginStartSchema = z
  .strictObject({ redirect_uri: redirectUri })
  .meta({ id: 'SocialLoginStart', example: { redirect_uri: 'https://app.example.com/callback' } });

export const linkStartSchema = z.strictObject({ redirect_uri: redirectUri, password: ownPassword }).meta({
  id: 'IdentityLinkStart',
  example: { redirect_uri: 'https://app.example.com/callback', password: 'violet-otter-hums-42-songs' },
});

export type LinkStart = z.output<typeof linkStartSchema>;

export const flowSchema = z
  .object({
    authorization_url: z.string().meta({ description: 'URL to send the browser to' }),
    expires_in: z.int().meta({ description: 'seconds until the flow expires' }),
  })
  .meta({ id: 'SocialFlow', description: 'A flow at an OpenID provider that has started' });

export type FlowView = z.output<typeof flowSchema>;

export const flowExample: FlowView = {
  authorization_url: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=…&state=…&nonce=…&code_challenge=…',
  expires_in: 600,
};

export const flowCompletionSchema = z
  .object({
    code: z.string().min(1).max(4096).optional(),
    error: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .meta({ description: 'instead of `code`, such as `access_denied` (RFC 6749 §4.1.2.1)' }),
    state: z.string().min(1).max(128),
    iss: z.string().min(1).max(2048).optional().meta({ description: 'required if the provider sent it (RFC 9207)' }),
  })
  .refine(({ code, error }) => (code === undefined) !== (error === undefined), {
    message: 'must contain either code or error',
  })
  .meta({
    id: 'SocialFlowCompletion',
    description:
      'The query that the provider added to the redirect URI; unknown parameters are ignored (RFC 6749 §4.1.2)',
    example: { code: '4/0AbCD…', state: 'q3Jf…', iss: 'https://accounts.google.com' },
  });

const identityId = '0199f2c4-8c1d-7b52-a3a0-5f1e2d3c4b5a';

export const identityIdSchema = z.uuid().meta({ description: 'id of the identity', example: identityId });

export const identitySchema = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    email: z.string().nullable().meta({ description: 'e-mail address at the provider when the identity was linked' }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
  })
  .meta({ id: 'Identity', description: 'An identity of the account’s owner at an OpenID provider' });

export type IdentityView = z.output<typeof identitySchema>;

export const identityExample: IdentityView = {
  id: identityId,
  provider: 'google',
  email: 'ada@example.com',
  created_at: '2026-11-25T12:00:00.000Z',
  last_used_at: '2026-11-25T12:10:00.000Z',
};

export const identityListSchema = z
  .object({ identities: z.array(identitySchema) })
  .meta({ id: 'IdentityList', description: 'The account’s identities, oldest first' });
