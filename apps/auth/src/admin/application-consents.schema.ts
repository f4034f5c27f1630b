import { z } from 'zod';
import type { ApplicationConsent } from '../openid/index.ts';
import { cursor, encodeCursor, isCreationPosition } from './cursor.ts';

const maxPage = 200;
const defaultPage = 50;

export const applicationConsentQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(maxPage).default(defaultPage).meta({ description: 'consents on the page' }),
  after: cursor
    .refine(isCreationPosition, 'must be the `next` of a page')
    .optional()
    .meta({ description: '`next` of the previous page' }),
});

export type ApplicationConsentQuery = z.output<typeof applicationConsentQuerySchema>;

const applicationConsentSchema = z.object({
  account_id: z.uuid(),
  email: z.string(),
  scopes: z.array(z.string()),
  granted_at: z.iso.datetime(),
  updated_at: z.iso.datetime().meta({ description: 'when the owner consented last' }),
});

export const applicationConsentPageSchema = z
  .object({
    consents: z.array(applicationConsentSchema),
    next: z.string().nullable().meta({ description: '`after` of the next page; null on the last one' }),
  })
  .meta({ id: 'ApplicationConsentPage', description: 'A page of consents to an application, the latest first' });

type ApplicationConsentPage = z.output<typeof applicationConsentPageSchema>;

/** @param limit consents on a full page */
export function toApplicationConsentPage(consents: ApplicationConsent[], limit: number): ApplicationConsentPage {
  const last = consents.length === limit ? consents.at(-1) : undefined;
  return {
    consents: consents.map(({ accountId, email, scopes, grantedAt, updatedAt }) => ({
      account_id: accountId,
      email,
      scopes,
      granted_at: grantedAt.toISOString(),
      updated_at: updatedAt.toISOString(),
    })),
    next: last ? encodeCursor(last.position) : null,
  };
}

export const applicationConsentPageExample: ApplicationConsentPage = {
  consents: [
    {
      account_id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
      email: 'ada@example.com',
      scopes: ['email', 'notes:read', 'openid'],
      granted_at: '2026-11-25T12:00:00.000Z',
      updated_at: '2026-11-25T12:00:00.000Z',
    },
  ],
  next: 'MjAyNi0xMS0yNVQxMjowMDowMC4wMDAwMDBaLDAxOTlm',
};
