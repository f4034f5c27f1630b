import { displayText } from '#common';
import { z } from 'zod';
import { ownPassword } from '../../passwords/index.ts';

const passkeyId = '0199f2c4-9d3e-7b52-8c1f-5e7a9b0c4d21';
const credentialExampleId = 'k7v1Xh0b3yQ1m2Zp4d5w6A';
const maxNameLength = 64;
const maxBlobLength = 8192;
const maxIdLength = 1400;

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\w-]+$/, 'must be base64url');

const name = displayText(maxNameLength).meta({ description: 'name for its owner', example: 'Ada’s phone' });

/** Unknown members are ignored, unlike elsewhere: browsers may add them, and callers can't prevent that. */
const credential = { id: base64url(maxIdLength), rawId: base64url(maxIdLength), type: z.literal('public-key') };

const newCredential = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url(maxBlobLength),
      attestationObject: base64url(maxBlobLength),
      transports: z.array(z.string().max(32)).max(10).default([]),
    }),
  })
  .meta({ description: 'the result of `PublicKeyCredential.toJSON()`' });

const assertedCredential = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url(maxBlobLength),
      authenticatorData: base64url(maxBlobLength),
      signature: base64url(maxBlobLength),
      userHandle: base64url(128).nullish(),
    }),
  })
  .meta({ description: 'the result of `PublicKeyCredential.toJSON()`' });

export const passkeyCreationSchema = z
  .strictObject({ password: ownPassword })
  .meta({ id: 'PasskeyCreation', example: { password: 'violet-otter-hums-42-songs' } });

export const passkeyRemovalSchema = z
  .strictObject({ password: ownPassword })
  .meta({ id: 'PasskeyRemoval', example: { password: 'violet-otter-hums-42-songs' } });

export type OwnPassword = z.output<typeof passkeyCreationSchema>;

export const passkeyRegistrationSchema = z.strictObject({ name, credential: newCredential }).meta({
  id: 'PasskeyRegistration',
  example: {
    name: 'Ada’s phone',
    credential: {
      id: credentialExampleId,
      rawId: credentialExampleId,
      type: 'public-key',
      response: { clientDataJSON: 'eyJ0eXBlIjoi', attestationObject: 'o2NmbXRkbm9u', transports: ['internal'] },
    },
  },
});

export type PasskeyRegistration = z.output<typeof passkeyRegistrationSchema>;

export const passkeyLoginSchema = z.strictObject({ credential: assertedCredential }).meta({
  id: 'PasskeyLogin',
  example: {
    credential: {
      id: credentialExampleId,
      rawId: credentialExampleId,
      type: 'public-key',
      response: { clientDataJSON: 'eyJ0eXBlIjoi', authenticatorData: 'SZYN5YgOjGh0', signature: 'MEUCIQDx' },
    },
  },
});

export type PasskeyLogin = z.output<typeof passkeyLoginSchema>;

export const passkeyRenamingSchema = z
  .strictObject({ name })
  .meta({ id: 'PasskeyRenaming', example: { name: 'Ada’s phone' } });

export const creationOptionsSchema = z
  .looseObject({
    challenge: z.string(),
    rp: z.looseObject({ id: z.string().optional(), name: z.string() }),
    user: z.looseObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  })
  .meta({
    id: 'PasskeyCreationOptions',
    description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON()`, then `navigator.credentials.create()`',
  });

export const creationOptionsExample = {
  challenge: 'n7Ck1cXoX4m8kq0r3v5w7y9A1C3E5G7I9K1M3O5Q7S8',
  rp: { id: 'localhost', name: 'devopslocally' },
  user: { id: 'AZnyxG8OfTqcVS9tPBuKEA', name: 'ada@example.com', displayName: 'ada@example.com' },
  pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
};

export const requestOptionsSchema = z.looseObject({ challenge: z.string(), rpId: z.string().optional() }).meta({
  id: 'PasskeyRequestOptions',
  description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON()`, then `navigator.credentials.get()`',
});

export const requestOptionsExample = {
  challenge: 'n7Ck1cXoX4m8kq0r3v5w7y9A1C3E5G7I9K1M3O5Q7S8',
  rpId: 'localhost',
  userVerification: 'required',
};

export const passkeySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    synced: z.boolean().meta({ description: 'whether it may exist on more than one device' }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Passkey', description: 'A passkey as its owner sees it' });

export type PasskeyView = z.output<typeof passkeySchema>;

export const passkeyExample: PasskeyView = {
  id: passkeyId,
  name: 'Ada’s phone',
  synced: false,
  created_at: '2026-11-25T12:00:00.000Z',
  last_used_at: '2026-11-25T12:10:00.000Z',
};

export const passkeyListSchema = z
  .object({ passkeys: z.array(passkeySchema) })
  .meta({ id: 'PasskeyList', description: 'The account’s passkeys, oldest first; 20 at most' });

export const passkeyIdSchema = z.uuid().meta({ description: 'id of the passkey', example: passkeyId });
