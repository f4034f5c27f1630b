import { instant } from '#common';
import { z } from 'zod';

const accountId = '0199f2c4-9a10-7b2c-8d1e-3c5a7e9f1b20';
const keyId = '0199f2c4-9b44-7e0a-9f3b-6d8c0a2e4f61';
const maxScopes = 32;
const maxOverlapSeconds = 30 * 24 * 60 * 60;
const defaultOverlapSeconds = 24 * 60 * 60;

/** Stricter than RFC 6749 §3.3, so that a scope is also a harmless word elsewhere. */
const scope = z
  .string()
  .regex(/^[a-z][a-z0-9_.:-]{0,63}$/, 'must be lower-case letters, digits and _ . : -')
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

export const newServiceAccountSchema = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(64)
      .meta({ description: 'unique without regard to case', example: 'log collector' }),
    scopes,
  })
  .meta({ id: 'NewServiceAccount', example: { name: 'log collector', scopes: ['audit:read'] } });

export const newApiKeySchema = z
  .strictObject({
    scopes: scopes.optional().meta({ description: 'some of the service account’s; all if it is left out' }),
    expires_at: expiresAt.nullable().default(null).meta({ description: 'when it ends; null for never' }),
  })
  .meta({ id: 'NewApiKey', example: { scopes: ['audit:read'], expires_at: '2027-11-25T12:00:00.000Z' } });

export const rotationSchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(maxOverlapSeconds)
      .default(defaultOverlapSeconds)
      .meta({ description: 'how long the old key lives on, if it would not have ended sooner' }),
    expires_at: expiresAt
      .optional()
      .meta({ description: 'when the new key ends; left out, it lives as long as the old' }),
  })
  .meta({ id: 'ApiKeyRotation', example: { overlap_seconds: 86_400, expires_at: '2027-11-25T12:00:00.000Z' } });

const apiKeySchema = z.object({
  id: z.uuid(),
  prefix: z.string().meta({ description: 'the key’s beginning' }),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  rotated_at: z.iso.datetime().nullable().meta({ description: 'when it got a successor' }),
  last_used_at: z.iso.datetime().nullable().meta({ description: 'to the minute' }),
});

export type ApiKeyView = z.output<typeof apiKeySchema>;

const serviceAccountFields = {
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime(),
};

export const serviceAccountSchema = z
  .object({ ...serviceAccountFields, api_keys: z.array(apiKeySchema) })
  .meta({ id: 'ServiceAccount', description: 'A program that calls services in its own name; its latest 100 keys' });

export type ServiceAccountView = z.output<typeof serviceAccountSchema>;

export const serviceAccountListSchema = z
  .object({ service_accounts: z.array(z.object(serviceAccountFields)) })
  .meta({ id: 'ServiceAccountList', description: 'The service accounts by name, 1000 at most' });

export const issuedApiKeySchema = z
  .object({ ...apiKeySchema.shape, key: z.string().meta({ description: 'the key itself, shown this once' }) })
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

export const serviceAccountId = z.uuid().meta({ description: 'a service account’s id', example: accountId });
export const apiKeyId = z.uuid().meta({ description: 'an API key’s id', example: keyId });
