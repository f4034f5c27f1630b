import { z } from 'zod';
import { email, type AccountDetails } from '../accounts/index.ts';
import { locales } from '../email/templates/index.ts';
import { newPassword } from '../passwords/index.ts';

const maxPage = 200;
const defaultPage = 50;

const role = z.enum(['user', 'admin']);
const roles = z
  .array(role)
  .min(1)
  .max(2)
  .transform((list) => [...new Set(list)])
  .meta({ minItems: 1, maxItems: 2, example: ['user'] });

/** An opaque position in the order of e-mail addresses. */
const cursor = z
  .string()
  .regex(/^[\w-]{1,344}$/)
  .transform((text) => Buffer.from(text, 'base64url').toString('latin1'))
  .refine((text) => /^[\x21-\x7e]+$/.test(text), 'must be the `next` of a page');

export const accountSearchSchema = z.strictObject({
  email_prefix: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]{1,254}$/, 'must be the beginning of an e-mail address')
    .transform((prefix) => prefix.toLowerCase())
    .optional()
    .meta({ description: 'prefix of the e-mail address, without regard to case', example: 'ada' }),
  role: role.optional().meta({ description: 'a role of the account' }),
  disabled: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'whether the account is disabled' }),
  limit: z.coerce.number().int().min(1).max(maxPage).default(defaultPage).meta({ description: 'accounts on the page' }),
  after: cursor.optional().meta({ description: 'the `next` of the previous page' }),
});

export type AccountSearch = z.output<typeof accountSearchSchema>;

export const newAccountSchema = z.strictObject({ email, password: newPassword, roles: roles.default(['user']) }).meta({
  id: 'NewAccount',
  example: { email: 'ada@example.com', password: 'violet-otter-hums-42-songs', roles: ['user'] },
});

export type NewAccount = z.output<typeof newAccountSchema>;

export const invitationSchema = z
  .strictObject({
    email,
    roles: roles.default(['user']),
    locale: z
      .enum(locales)
      .optional()
      .meta({ description: 'language of the e-mail; default: the request’s `Accept-Language`' }),
  })
  .meta({ id: 'Invitation', example: { email: 'ada@example.com', roles: ['user'], locale: 'de' } });

export type Invitation = z.output<typeof invitationSchema>;

export const rolesSchema = z.strictObject({ roles }).meta({ id: 'Roles', example: { roles: ['user', 'admin'] } });

const time = z.iso.datetime();

export const adminAccountSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    email_verified_at: time.nullable(),
    roles: z.array(role),
    has_password: z.boolean().meta({
      description: 'false until the owner of an invited account, or of one with a forced reset, sets a password',
    }),
    created_at: time,
    password_changed_at: time,
    disabled_at: time.nullable(),
  })
  .meta({ id: 'AdminAccount', description: 'An account as admins see it' });

export type AdminAccount = z.output<typeof adminAccountSchema>;

export const accountPageSchema = z
  .object({
    accounts: z.array(adminAccountSchema),
    next: z.string().nullable().meta({ description: '`after` of the next page; null on the last one' }),
  })
  .meta({ id: 'AccountPage', description: 'Accounts ordered by e-mail address' });

export function toAdminAccount(account: AccountDetails): AdminAccount {
  return {
    id: account.id,
    email: account.email,
    email_verified_at: account.emailVerifiedAt?.toISOString() ?? null,
    roles: account.roles,
    has_password: account.hasPassword,
    created_at: account.createdAt.toISOString(),
    password_changed_at: account.passwordChangedAt.toISOString(),
    disabled_at: account.disabledAt?.toISOString() ?? null,
  };
}

/** @param limit accounts on a full page */
export function toAccountPage(accounts: AccountDetails[], limit: number): z.output<typeof accountPageSchema> {
  const last = accounts.length === limit ? accounts.at(-1) : undefined;
  return {
    accounts: accounts.map(toAdminAccount),
    next: last ? Buffer.from(last.email.toLowerCase()).toString('base64url') : null,
  };
}

export const adminAccountExample: AdminAccount = {
  id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
  email: 'ada@example.com',
  email_verified_at: '2026-11-25T12:05:00.000Z',
  roles: ['user'],
  has_password: true,
  created_at: '2026-11-25T12:00:00.000Z',
  password_changed_at: '2026-11-25T12:00:00.000Z',
  disabled_at: null,
};

export const accountIdSchema = z.uuid().meta({ description: 'an account’s id', example: adminAccountExample.id });
