import { z } from 'zod';

const common = { kid: z.string(), use: z.literal('sig') };

const jwk = z.discriminatedUnion('kty', [
  z.looseObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
    ...common,
    alg: z.literal('ES256'),
  }),
  z.looseObject({ kty: z.literal('RSA'), n: z.string(), e: z.string(), ...common, alg: z.literal('RS256') }),
]);

export const jwksSchema = z
  .object({ keys: z.array(jwk) })
  .meta({ id: 'JsonWebKeySet', description: 'Public keys that verify access tokens and ID tokens (RFC 7517 §5)' });

export const jwksExample = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
      use: 'sig',
      alg: 'ES256',
    },
    {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn…',
      e: 'AQAB',
      kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      use: 'sig',
      alg: 'RS256',
    },
  ],
};

export const rotationSchema = z
  .object({
    kid: z.string().meta({ description: 'id of the new key for access tokens' }),
    active_from: z.iso.datetime().meta({ description: 'when the new keys start to sign; they are published at once' }),
  })
  .meta({ id: 'KeyRotation', description: 'The successors of the signing keys' });

export const rotationExample = {
  kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  active_from: '2026-11-25T12:10:00.000Z',
};

const time = z.iso.datetime();

export const signingKeyListSchema = z
  .object({
    keys: z.array(
      z.object({
        kid: z.string(),
        algorithm: z.enum(['ES256', 'RS256']),
        created_at: time.meta({
          description:
            'when the keys of this generation were made. They are published from then on; the first RSA key from the first use of the key set',
        }),
        active_from: time.meta({ description: 'when it starts to sign' }),
        retired_at: time.nullable().meta({
          description: 'when its successor began to sign; it stays published until its last token has expired',
        }),
        active: z.boolean().meta({ description: 'whether it signs now' }),
      }),
    ),
  })
  .meta({
    id: 'SigningKeyList',
    description: 'All stored signing keys, the newest first, without their private parts',
  });

export const signingKeyListExample: z.output<typeof signingKeyListSchema> = {
  keys: [
    {
      kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
      algorithm: 'ES256',
      created_at: '2026-11-25T12:00:00.000Z',
      active_from: '2026-11-25T12:10:00.000Z',
      retired_at: null,
      active: true,
    },
  ],
};
