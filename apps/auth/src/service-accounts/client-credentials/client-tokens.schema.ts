import { z } from 'zod';

/** Not strict: unknown parameters must be ignored (RFC 6749 §3.2). */
export const clientCredentialsSchema = z
  .object({
    grant_type: z.string().min(1).max(64).meta({ description: '`client_credentials`', example: 'client_credentials' }),
    scope: z.string().max(2048).optional().meta({
      description: 'subset of the key’s scopes, separated by spaces; defaults to all of them',
      example: 'audit:read',
    }),
    client_id: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'id of the service account, unless sent with HTTP Basic' }),
    client_secret: z.string().max(128).optional().meta({ description: 'API key, unless sent with HTTP Basic' }),
  })
  .meta({
    id: 'ClientCredentials',
    example: {
      grant_type: 'client_credentials',
      client_id: '0199f2c4-9a10-7b2c-8d1e-3c5a7e9f1b20',
      client_secret: 'ak_3f9a1c0b2d4e_kq3Jm0v9…',
    },
  });

export type ClientCredentials = z.output<typeof clientCredentialsSchema>;

export const clientTokenSchema = z
  .object({
    access_token: z.string().meta({ description: 'JWT (RFC 9068); send it as `Authorization: Bearer …`' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'lifetime of the access token in seconds' }),
    scope: z.string().meta({ description: 'granted scopes, separated by spaces' }),
  })
  .meta({ id: 'ClientToken', description: 'Access token of a service account (RFC 6749 §5.1)' });

export type ClientToken = z.output<typeof clientTokenSchema>;

export const clientTokenExample: ClientToken = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9LSX…',
  token_type: 'Bearer',
  expires_in: 600,
  scope: 'audit:read',
};
