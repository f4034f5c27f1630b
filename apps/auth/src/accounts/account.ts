import { sql } from '#common';

/** What an account may do. */
export type Role = 'user' | 'admin';

/** What a login, and every check of a password, needs to know of an account. */
export interface StoredAccount {
  id: string;
  /** As its owner typed it; unique without regard to case. */
  email: string;
  /** In a format that `passwords/formats` reads; null without a password. */
  passwordHash: string | null;
  roles: Role[];
  /** Whether the account has a confirmed authenticator app. */
  secondFactor: boolean;
}

/** The columns of a {@link StoredAccount}. */
export const storedColumns = sql.raw(
  'id, email, password_hash AS "passwordHash", roles, second_factor AS "secondFactor"',
);

/** An account as its owner and admins may see it. */
export interface AccountDetails {
  id: string;
  email: string;
  emailVerifiedAt: Date | null;
  roles: Role[];
  hasPassword: boolean;
  createdAt: Date;
  passwordChangedAt: Date;
  disabledAt: Date | null;
}

/** The columns of {@link AccountDetails}. */
export const detailColumns = sql.raw(`id, email, email_verified_at AS "emailVerifiedAt", roles,
  password_hash IS NOT NULL AS "hasPassword", created_at AS "createdAt", password_changed_at AS "passwordChangedAt",
  disabled_at AS "disabledAt"`);
