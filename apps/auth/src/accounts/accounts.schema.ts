import { domainToUnicode } from 'node:url';
import { z } from 'zod';
import { newPassword, ownPassword } from '../passwords/index.ts';
import type { AccountDetails, OwnAccount } from './account.ts';
import { ownProfileFields, profileExample, profileChangeSchema, toOwnProfile } from './profile.schema.ts';

export const role = z.enum(['user', 'admin']);

/** RFC 5321 §4.5.3.1.3 allows a path of 256 octets, its angle brackets included. */
const maxEmailLength = 254;
const maxLocalPartLength = 64;

/** A local part as a dot-string (RFC 5321 §4.1.2). */
const localPart = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*";
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const topLevelDomain = '(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9])';
const pattern = new RegExp(`^${localPart}@(?:${label}\\.)+${topLevelDomain}$`);

/**
 * An e-mail address in ASCII (RFC 5321 without quoted local parts and address literals), without the white space around it.
 * Unicode look-alikes of another one are rejected; internationalised domains are written as `xn--` labels (RFC 5890).
 */
export const email = z
  .string()
  .trim()
  .check(z.email({ pattern, error: 'must be an e-mail address in ASCII' }))
  .max(maxEmailLength)
  .refine(
    (text) => text.indexOf('@') <= maxLocalPartLength,
    `must have 1 to ${String(maxLocalPartLength)} characters before the @`,
  )
  // a label that is no A-label (RFC 5890 §2.3.2.1) stays as it is
  .refine((text) => !/(^|\.)xn--/i.test(domainToUnicode(text.slice(text.indexOf('@') + 1))), 'must have a valid domain')
  .meta({ example: 'ada@example.com' });

export const registrationSchema = z
  .strictObject({ email, password: newPassword, ...profileChangeSchema.shape })
  .meta({ id: 'Registration', example: { email: 'ada@example.com', password: 'violet-otter-hums-42-songs' } });
export type Registration = z.output<typeof registrationSchema>;

export const passwordChangeSchema = z.strictObject({ current_password: ownPassword, new_password: newPassword }).meta({
  id: 'PasswordChange',
  example: { current_password: 'violet-otter-hums-42-songs', new_password: 'amber-heron-reads-97-maps' },
});
export type PasswordChange = z.output<typeof passwordChangeSchema>;

export const accountDeletionSchema = z
  .strictObject({ password: ownPassword })
  .meta({ id: 'AccountDeletion', example: { password: 'violet-otter-hums-42-songs' } });

export const accountSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    email_verified: z.boolean().meta({ description: 'whether the owner has confirmed the e-mail address' }),
    roles: z.array(role),
    created_at: z.iso.datetime(),
    password_changed_at: z.iso.datetime(),
    ...ownProfileFields,
  })
  .meta({ id: 'Account', description: 'An account as its owner sees it' });

type AccountView = z.output<typeof accountSchema>;

/** What an account's owner sees of it. */
export function toAccountView(account: AccountDetails): AccountView {
  return {
    id: account.id,
    email: account.email,
    email_verified: account.emailVerifiedAt !== null,
    roles: account.roles,
    created_at: account.createdAt.toISOString(),
    password_changed_at: account.passwordChangedAt.toISOString(),
    ...toOwnProfile(account),
  };
}

export const ownAccountSchema = accountSchema
  .extend({
    login_methods: z
      .object({
        password: z.boolean(),
        passkeys: z.int().meta({ description: 'number of passkeys' }),
        identities: z.array(z.string()).meta({ description: 'the provider of each identity, by id' }),
        totp: z.boolean().meta({ description: 'whether logins ask for a code of an authenticator app' }),
      })
      .meta({ description: 'the ways to log in to the account; links by e-mail are open to all accounts' }),
  })
  .meta({ id: 'OwnAccount', description: 'The caller’s account, with the ways to log in to it' });

/** What {@link toAccountView} shows, with the ways to log in. */
export function toOwnAccountView(account: OwnAccount): z.output<typeof ownAccountSchema> {
  const { hasPassword: password, passkeys, providers: identities, secondFactor: totp } = account;
  return { ...toAccountView(account), login_methods: { password, passkeys, identities, totp } };
}

export const accountExample: AccountView = {
  id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
  email: 'ada@example.com',
  email_verified: true,
  roles: ['user'],
  created_at: '2026-11-25T12:00:00.000Z',
  password_changed_at: '2026-11-25T12:00:00.000Z',
  ...profileExample,
};

export const ownAccountExample: z.output<typeof ownAccountSchema> = {
  ...accountExample,
  login_methods: { password: true, passkeys: 2, identities: ['google'], totp: true },
};
