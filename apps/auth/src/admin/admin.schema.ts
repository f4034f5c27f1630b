import { z } from 'zod';
import { email } from '../accounts/index.ts';
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

/** An opaque place in the order of addresses. */
const cursor = z
  .string()
  .regex(/^[\w-]{1,344}$/)
  .transform((text) => Buffer.from(text, 'base64url').toString('latin1'))
  .refine((address) => /^[\x21-\x7e]+$/.test(address), 'must be the `next` of a page');

/** The cursor of the page behind an account. */
export const cursorBehind = (address: string): string => Buffer.from(address.toLowerCase()).toString('base64url');

export const accountSearchSchema = z.strictObject({
  email_prefix: z
    .string()
    .regex(/^[\x21-\x7e]{1,254}$/, 'must be the beginning of an e-mail address')
    .transform((prefix) => prefix.toLowerCase())
    .optional()
    .meta({ description: 'beginning of the e-mail address, without regard to case', example: 'ada' }),
  role: role.optional().meta({ description: 'a role that the account has' }),
  disabled: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: 'whether it is disabled' }),
  limit: z.coerce.number().int().min(1).max(maxPage).default(defaultPage).meta({ description: 'accounts on the page' }),
  after: cursor.optional().meta({ description: 'the `next` of the page before' }),
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
    locale: z.enum(locales).optional().meta({ description: 'language of the mail; left out, that of this request' }),
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
    has_password: z.boolean().meta({ description: 'false until an invitation or a forced reset has been followed' }),
    created_at: time,
    password_changed_at: time,
    disabled_at: time.nullable(),
  })
  .meta({ id: 'AdminAccount', description: 'An account as admins see it' });

export type AdminAccount = z.output<typeof adminAccountSchema>;

export const accountPageSchema = z
  .object({
    accounts: z.array(adminAccountSchema),
    next: z.string().nullable().meta({ description: 'to be sent as `after` for the next page; null on the last one' }),
  })
  .meta({ id: 'AccountPage', description: 'Accounts by their addresses' });

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
