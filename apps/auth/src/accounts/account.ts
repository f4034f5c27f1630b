import { columnsOf, sql } from '#common';
import { Account } from './account.entity.ts';

/** What a login, and every check of a password, needs to know of an account. */
export type StoredAccount = Pick<
  Account,
  'id' | 'email' | 'passwordHash' | 'roles' | 'secondFactor' | 'securityEpoch' | 'locale'
>;

/** The columns of a {@link StoredAccount}. */
export const storedColumns = columnsOf(Account, [
  'id',
  'email',
  'passwordHash',
  'roles',
  'secondFactor',
  'securityEpoch',
  'locale',
]);

/** An account in a transaction that has locked it. */
export interface LockedAccount extends StoredAccount {
  /** Whether somebody has proved to receive mail at the e-mail address. */
  isVerified: boolean;
}

/** The columns of a {@link LockedAccount}. */
export const lockedColumns = sql.join([storedColumns, sql.raw('email_verified_at IS NOT NULL AS "isVerified"')], ', ');

/** An account as its owner and admins may see it. */
export type AccountDetails = Pick<
  Account,
  'id' | 'email' | 'emailVerifiedAt' | 'roles' | 'createdAt' | 'passwordChangedAt' | 'disabledAt' | 'locale'
> & { hasPassword: boolean };

/** The columns of {@link AccountDetails}. */
export const detailColumns = sql.join(
  [
    columnsOf(Account, ['id', 'email', 'emailVerifiedAt', 'roles']),
    sql.raw('password_hash IS NOT NULL AS "hasPassword"'),
    columnsOf(Account, ['createdAt', 'passwordChangedAt', 'disabledAt', 'locale']),
  ],
  ', ',
);
