import { columnsOf, sql } from '#common';
import { Account } from './account.entity.ts';

/** What a login, and every check of a password, needs to know of an account. */
export type StoredAccount = Pick<Account, 'id' | 'email' | 'passwordHash' | 'roles' | 'secondFactor' | 'locale'>;

/** The columns of a {@link StoredAccount}. */
export const storedColumns = columnsOf(Account, ['id', 'email', 'passwordHash', 'roles', 'secondFactor', 'locale']);

/** An account as its owner and admins may see it. */
export type AccountDetails = Omit<Account, 'passwordHash' | 'secondFactor'> & { hasPassword: boolean };

/** The columns of {@link AccountDetails}. */
export const detailColumns = sql.join(
  [
    columnsOf(Account, ['id', 'email', 'emailVerifiedAt', 'roles']),
    sql.raw('password_hash IS NOT NULL AS "hasPassword"'),
    columnsOf(Account, ['createdAt', 'passwordChangedAt', 'disabledAt', 'locale']),
  ],
  ', ',
);
