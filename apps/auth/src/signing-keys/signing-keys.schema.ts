import { z } from 'zod';

const jwk = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  use: z.literal('sig'),
  alg: z.literal('ES256'),
});

export const jwksSchema = z
  .object({ keys: z.array(jwk) })
  .meta({ id: 'JsonWebKeySet', description: 'Public keys that verify access tokens (RFC 7517 §5)' });

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
  ],
};

export const rotationSchema = z
  .object({
    kid: z.string().meta({ description: 'id of the new key' }),
    active_from: z.iso.datetime().meta({ description: 'when the key starts to sign; it is published at once' }),
  })
  .meta({ id: 'KeyRotation', description: 'The successor of a signing key' });

export const rotationExample = {
  kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  active_from: '2026-11-25T12:10:00.000Z',
};
