import { z } from 'zod';
import {
  adminProfileChangeSchema,
  adminProfileFields,
  email,
  profileExample,
  role,
  toOwnProfile,
  type AccountDetails,
} from '../accounts/index.ts';
import { locales } from '../texts/index.ts';
import { newPassword } from '../passwords/index.ts';

const roles = z
  .array(role)
  .min(1)
  .max(2)
  .transform((list) => [...new Set(list)])
  .meta({ minItems: 1, maxItems: 2, example: ['user'] });

export const newAccountSchema = z
  .strictObject({
    email,
    password: newPassword,
    roles: roles.default(['user']),
    email_verified: z.boolean().optional().meta({
      description:
        'whether the admin vouches for the e-mail address; default: true for an admin, who needs a verified one, false for others',
    }),
    ...adminProfileChangeSchema.shape,
  })
  .meta({
    id: 'NewAccount',
    example: {
      email: 'ada@example.com',
      password: 'violet-otter-hums-42-songs',
      roles: ['user'],
      email_verified: true,
    },
  });

export type NewAccount = z.output<typeof newAccountSchema>;

export const invitationSchema = z
  .strictObject({
    email,
    roles: roles.default(['user']),
    ...adminProfileChangeSchema.shape,
    locale: z
      .enum(locales)
      .optional()
      .meta({ description: 'language of the e-mail; default: the request’s `Accept-Language`' }),
  })
  .meta({ id: 'Invitation', example: { email: 'ada@example.com', roles: ['user'], locale: 'de' } });

export type Invitation = z.output<typeof invitationSchema>;

export const rolesSchema = z.strictObject({ roles }).meta({ id: 'Roles', example: { roles: ['user', 'admin'] } });

export const accountEmailSchema = z
  .strictObject({
    email,
    verified: z.boolean().default(false).meta({
      description: 'whether the owner is known to receive mail there; otherwise a link to verify it is sent',
    }),
  })
  .meta({ id: 'AccountEmail', example: { email: 'ada.king@example.com', verified: false } });

export type AccountEmail = z.output<typeof accountEmailSchema>;

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
    ...adminProfileFields,
  })
  .meta({ id: 'AdminAccount', description: 'An account as admins see it' });

export type AdminAccount = z.output<typeof adminAccountSchema>;

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
    ...toOwnProfile(account),
    private_metadata: account.privateMetadata,
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
  ...profileExample,
  private_metadata: {},
};

export const accountIdSchema = z.uuid().meta({ description: 'an account’s id', example: adminAccountExample.id });
