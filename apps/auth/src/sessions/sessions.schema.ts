import { z } from 'zod';

const sessionId = '0199f2c4-77aa-7c1e-8f5e-0d9a4b6c2e11';

export const refreshSchema = z
  .strictObject({
    refresh_token: z
      .string()
      .min(1)
      .max(128)
      .meta({ description: 'the latest refresh token of the session', example: 'rt_AZny…' }),
  })
  .meta({ id: 'RefreshRequest', example: { refresh_token: 'rt_AZnyxHeqfB6PXg2aS2wuEbq3…' } });

/** Clients may send no body at all. */
export const logoutSchema = z
  .strictObject({
    refresh_token: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .meta({ description: 'a refresh token of the session to end', example: 'rt_AZny…' }),
  })
  .meta({ id: 'Logout', example: { refresh_token: 'rt_AZnyxHeqfB6PXg2aS2wuEbq3…' } })
  .optional();

export type Logout = z.output<typeof logoutSchema>;

const accessTokenFields = {
  access_token: z.string().meta({ description: 'a JWT (RFC 9068), to send as `Authorization: Bearer …`' }),
  token_type: z.enum(['Bearer', 'DPoP']).meta({
    description: '`DPoP` if a token that is bound to a key (RFC 9449) was exchanged: the new one is bound to it too',
  }),
  expires_in: z.int().meta({ description: 'lifetime of the access token in seconds' }),
};

export const accessTokenSchema = z
  .object(accessTokenFields)
  .meta({ id: 'AccessToken', description: 'A new access token of an existing session' });

export type AccessToken = z.output<typeof accessTokenSchema>;

export const tokensSchema = z
  .object({
    ...accessTokenFields,
    refresh_token: z.string().meta({ description: 'opaque; valid for one refresh' }),
    refresh_expires_at: z.iso.datetime().meta({ description: 'when the session ends if it is not refreshed' }),
  })
  .meta({ id: 'Tokens', description: 'A session’s tokens, named as in RFC 6749 §5.1' });

export type Tokens = z.output<typeof tokensSchema>;

export const accessTokenExample: AccessToken = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9LSX…',
  token_type: 'Bearer',
  expires_in: 600,
};

export const tokensExample: Tokens = {
  ...accessTokenExample,
  refresh_token: 'rt_AZnyxHeqfB6PXg2aS2wuEbq3…',
  refresh_expires_at: '2026-12-25T12:00:00.000Z',
};

const sessionSchema = z.object({
  id: z.uuid(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().meta({ description: 'time of the login or of the latest refresh' }),
  expires_at: z.iso.datetime(),
  address: z.string().meta({ description: 'IP address that last used the session' }),
  device: z.string().meta({ description: 'name of the device, derived from its user agent' }),
  user_agent: z.string().nullable(),
  current: z.boolean().meta({ description: 'whether this is the session of the request' }),
});

export type SessionView = z.output<typeof sessionSchema>;

export const sessionListSchema = z
  .object({ sessions: z.array(sessionSchema) })
  .meta({ id: 'SessionList', description: 'The account’s sessions, most recently used first; 100 at most' });

export const sessionListExample = {
  sessions: [
    {
      id: sessionId,
      created_at: '2026-11-25T12:00:00.000Z',
      last_used_at: '2026-11-25T12:10:00.000Z',
      expires_at: '2026-12-25T12:10:00.000Z',
      address: '192.0.2.7',
      device: 'curl',
      user_agent: 'curl/8.14.1',
      current: true,
    },
  ],
};

export const sessionIdSchema = z.uuid().meta({ description: 'id of the session', example: sessionId });
