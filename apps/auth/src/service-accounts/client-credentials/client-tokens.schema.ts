import { z } from 'zod';

/** Not strict: unknown parameters must be ignored (RFC 6749 §3.2). */
export const clientCredentialsSchema = z
  .object({
    grant_type: z.string().min(1).max(64).meta({ description: '`client_credentials`', example: 'client_credentials' }),
    scope: z
      .string()
      .max(2048)
      .optional()
      .meta({ description: 'some of the key’s, separated by spaces; all if it is left out', example: 'audit:read' }),
    client_id: z.string().max(64).optional().meta({ description: 'the service account’s id, unless by HTTP Basic' }),
    client_secret: z.string().max(128).optional().meta({ description: 'the API key, unless by HTTP Basic' }),
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
    access_token: z.string().meta({ description: 'JWT (RFC 9068) to be sent as `Authorization: Bearer …`' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'seconds that the access token lives' }),
    scope: z.string().meta({ description: 'what it may do, separated by spaces' }),
  })
  .meta({ id: 'ClientToken', description: 'A service account’s token, named as in RFC 6749 §5.1' });

export type ClientToken = z.output<typeof clientTokenSchema>;

export const clientTokenExample: ClientToken = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9LSX…',
  token_type: 'Bearer',
  expires_in: 600,
  scope: 'audit:read',
};
