import { displayText, instant } from '#common';
import { z } from 'zod';

const accountId = '0199f2c4-9a10-7b2c-8d1e-3c5a7e9f1b20';
const keyId = '0199f2c4-9b44-7e0a-9f3b-6d8c0a2e4f61';
const maxScopes = 32;
const maxOverlapSeconds = 30 * 24 * 60 * 60;
const defaultOverlapSeconds = 24 * 60 * 60;

/** Stricter than RFC 6749 §3.3, so that a scope needs no escaping anywhere. */
const scope = z
  .string()
  .regex(/^[a-z][a-z0-9_.:-]{0,63}$/, 'must be lower-case letters, digits and _ . : -, and start with a letter')
  .meta({ example: 'audit:read' });
const scopes = z
  .array(scope)
  .min(1)
  .max(maxScopes)
  .transform((list) => [...new Set(list)].sort())
  .meta({ minItems: 1, maxItems: maxScopes });
const expiresAt = instant
  .refine((time) => Date.parse(time) > Date.now(), 'must be in the future')
  .meta({ example: '2027-11-25T12:00:00.000Z' });

const newServiceAccount = z.strictObject({
  name: displayText(64).meta({ description: 'unique regardless of case', example: 'log collector' }),
  scopes,
});

export const newServiceAccountSchema = newServiceAccount.meta({
  id: 'NewServiceAccount',
  example: { name: 'log collector', scopes: ['audit:read'] },
});

export const serviceAccountChangeSchema = newServiceAccount.partial().meta({
  id: 'ServiceAccountChange',
  description: 'What is left out stays',
  example: { scopes: ['audit:read'] },
});

export type ServiceAccountChange = z.output<typeof serviceAccountChangeSchema>;

export const newApiKeySchema = z
  .strictObject({
    scopes: scopes.optional().meta({ description: 'subset of the service account’s scopes; defaults to all of them' }),
    expires_at: expiresAt.nullable().default(null).meta({ description: 'when the key expires; null for never' }),
  })
  .meta({ id: 'NewApiKey', example: { scopes: ['audit:read'], expires_at: '2027-11-25T12:00:00.000Z' } });

export const rotationSchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(maxOverlapSeconds)
      .default(defaultOverlapSeconds)
      .meta({ description: 'seconds that the old key stays valid, unless it expires sooner' }),
    expires_at: expiresAt
      .optional()
      .meta({ description: 'when the new key expires; by default it lives as long as the old key' }),
  })
  .meta({ id: 'ApiKeyRotation', example: { overlap_seconds: 86_400, expires_at: '2027-11-25T12:00:00.000Z' } });

const apiKeySchema = z.object({
  id: z.uuid(),
  prefix: z.string().meta({ description: 'first characters of the key' }),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  rotated_at: z.iso.datetime().nullable().meta({ description: 'when the key got its successor' }),
  last_used_at: z.iso.datetime().nullable().meta({ description: 'last use, to the minute' }),
});

export type ApiKeyView = z.output<typeof apiKeySchema>;

const serviceAccountFields = {
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime(),
};

export const serviceAccountSchema = z.object({ ...serviceAccountFields, api_keys: z.array(apiKeySchema) }).meta({
  id: 'ServiceAccount',
  description: 'A program that calls services in its own name, with its latest 100 keys',
});

export type ServiceAccountView = z.output<typeof serviceAccountSchema>;

export const serviceAccountListSchema = z
  .object({ service_accounts: z.array(z.object(serviceAccountFields)) })
  .meta({ id: 'ServiceAccountList', description: 'Up to 1000 service accounts, by name' });

export const issuedApiKeySchema = z
  .object({ ...apiKeySchema.shape, key: z.string().meta({ description: 'the key itself, shown only once' }) })
  .meta({ id: 'IssuedApiKey', description: 'A new API key' });

export type IssuedApiKey = z.output<typeof issuedApiKeySchema>;

const apiKeyExample: ApiKeyView = {
  id: keyId,
  prefix: 'ak_3f9a1c0b2d4e',
  scopes: ['audit:read'],
  created_at: '2026-11-25T12:00:00.000Z',
  expires_at: '2027-11-25T12:00:00.000Z',
  rotated_at: null,
  last_used_at: '2026-11-25T12:10:00.000Z',
};

const fieldsExample = {
  id: accountId,
  name: 'log collector',
  scopes: ['audit:read'],
  created_at: '2026-11-25T12:00:00.000Z',
};

export const serviceAccountExample: ServiceAccountView = { ...fieldsExample, api_keys: [apiKeyExample] };
export const serviceAccountListExample = { service_accounts: [fieldsExample] };
export const issuedApiKeyExample: IssuedApiKey = {
  ...apiKeyExample,
  last_used_at: null,
  key: 'ak_3f9a1c0b2d4e_kq3Jm0v9…',
};

export const serviceAccountId = z.uuid().meta({ description: 'id of a service account', example: accountId });
export const apiKeyId = z.uuid().meta({ description: 'id of an API key', example: keyId });
