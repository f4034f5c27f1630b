import { instant } from '#common';
import { z } from 'zod';
import { role, type AccountCount, type FoundAccount } from '../accounts/index.ts';
import { cursor, encodeCursor, isCreationPosition } from './cursor.ts';
import { adminAccountSchema, toAdminAccount } from './admin.schema.ts';

const maxPage = 200;
const defaultPage = 50;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const emailPart = (minLength: number) =>
  z
    .string()
    .trim()
    .regex(new RegExp(`^[\\x21-\\x7e]{${String(minLength)},254}$`), 'must be a part of an e-mail address')
    .transform((text) => text.toLowerCase())
    .optional();

export const accountSearchSchema = z
  .strictObject({
    search: z
      .string()
      .trim()
      .min(1)
      .max(254)
      // no `regex`: what the API document says must be a pattern that its readers can generate from
      .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must not contain control characters')
      .optional()
      .meta({
        description:
          'prefix of the e-mail address, of the name or of the family name, without regard to case (of letters beyond ASCII if the ' +
          'locale of the database knows them), for a search while it is typed; by ' +
          'each kind of name it finds the first 1,000 accounts',
        example: 'ada k',
      }),
    email_prefix: emailPart(1).meta({
      description: 'prefix of the e-mail address, without regard to case',
      example: 'ada',
    }),
    email_contains: emailPart(3).meta({
      description: 'part of the e-mail address, of at least 3 characters, without regard to case',
      example: 'king',
    }),
    domain: z
      .string()
      .trim()
      .regex(/^@?[A-Za-z0-9.-]{1,253}$/, 'must be a domain')
      .transform((text) => text.replace('@', '').toLowerCase())
      .optional()
      .meta({ description: 'what follows the `@`, which may stand in front', example: '@example.com' }),
    role: role.optional().meta({ description: 'a role of the account' }),
    disabled: flag.optional().meta({ description: 'whether the account is disabled' }),
    verified: flag.optional().meta({ description: 'whether the e-mail address is verified' }),
    second_factor: flag.optional().meta({ description: 'whether the account has an authenticator app' }),
    created_from: instant.optional().meta({ description: 'created then or later', example: '2026-11-01T00:00:00Z' }),
    created_until: instant.optional().meta({ description: 'created before', example: '2026-12-01T00:00:00Z' }),
    sort: z.enum(['email', 'created_at']).default('email').meta({ description: 'what the accounts are ordered by' }),
    order: z.enum(['asc', 'desc']).default('asc').meta({ description: 'ascending or descending' }),
    count: flag.optional().meta({ description: 'whether to count all accounts that the filters find' }),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(maxPage)
      .default(defaultPage)
      .meta({ description: 'accounts on the page' }),
    after: cursor
      .optional()
      .meta({ description: 'the `next` of the previous page, which must have the same `sort` and `order`' }),
  })
  .refine(({ sort, after }) => after === undefined || sort === 'email' || isCreationPosition(after), {
    path: ['after'],
    message: 'must be the `next` of a page in the same order',
  });

export type AccountSearch = z.output<typeof accountSearchSchema>;

export const accountPageSchema = z
  .object({
    accounts: z.array(adminAccountSchema),
    next: z.string().nullable().meta({ description: '`after` of the next page; null on the last one' }),
    count: z
      .object({
        value: z.int(),
        exact: z.boolean().meta({ description: 'false if the value is an estimate: above 10,000' }),
      })
      .optional()
      .meta({ description: 'how many accounts the filters find, if the request asked for it' }),
  })
  .meta({ id: 'AccountPage', description: 'A page of accounts' });

/** @param limit accounts on a full page */
export function toAccountPage(
  accounts: FoundAccount[],
  limit: number,
  count: AccountCount | undefined,
): z.output<typeof accountPageSchema> {
  const last = accounts.length === limit ? accounts.at(-1) : undefined;
  return {
    accounts: accounts.map(toAdminAccount),
    next: last ? encodeCursor(last.position) : null,
    ...(count ? { count } : {}),
  };
}
