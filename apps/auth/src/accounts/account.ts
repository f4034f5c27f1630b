import { columnsOf, sql } from '#common';
import { Account } from './account.entity.ts';

/** What a login, and every check of a password, needs to know of an account. */
export interface StoredAccount extends Pick<
  Account,
  'id' | 'email' | 'passwordHash' | 'roles' | 'secondFactor' | 'securityEpoch' | 'locale'
> {
  /** Whether somebody has proved to receive mail at the e-mail address. */
  isVerified: boolean;
}

/** The columns of a {@link StoredAccount}. */
export const storedColumns = sql.join(
  [
    columnsOf(Account, ['id', 'email', 'passwordHash', 'roles', 'secondFactor', 'securityEpoch', 'locale']),
    sql.raw('email_verified_at IS NOT NULL AS "isVerified"'),
  ],
  ', ',
);

/** What scopes of OpenID Connect call the profile (Core §5.4), without the language, which mails are in too. */
const personalProperties = ['name', 'givenName', 'familyName', 'picture', 'zoneinfo'] as const;

/** What an account says about its owner, and what others store about it. */
const profileProperties = [...personalProperties, 'locale', 'publicMetadata', 'privateMetadata'] as const;
export type Profile = Pick<Account, (typeof profileProperties)[number]>;

/** The same by the names of the columns, which are those of the API, of imports and of exports. */
export const profileFields = [
  'name',
  'given_name',
  'family_name',
  'picture',
  'zoneinfo',
  'locale',
  'public_metadata',
  'private_metadata',
] as const;
export const profileList = sql.raw(profileFields.join(', '));

/** An account as its owner and admins may see it. */
export type AccountDetails = Pick<
  Account,
  'id' | 'email' | 'emailVerifiedAt' | 'roles' | 'createdAt' | 'passwordChangedAt' | 'disabledAt'
> &
  Profile & { hasPassword: boolean };

/** An account as its owner sees it, with the ways to log in to it. */
export type OwnAccount = AccountDetails &
  Pick<Account, 'secondFactor'> & {
    passkeys: number;
    /** The providers of its identities, by name. */
    providers: string[];
  };

/** The columns of {@link AccountDetails}. */
export const detailColumns = sql.join(
  [
    columnsOf(Account, ['id', 'email', 'emailVerifiedAt', 'roles']),
    sql.raw('password_hash IS NOT NULL AS "hasPassword"'),
    columnsOf(Account, ['createdAt', 'passwordChangedAt', 'disabledAt', ...profileProperties]),
  ],
  ', ',
);

const claimProperties = [
  'id',
  'email',
  'emailVerifiedAt',
  'roles',
  'locale',
  'secondFactor',
  'profileChangedAt',
] as const;

/** What tokens and userinfo say about an account. */
export type AccountProfile = Pick<Account, (typeof claimProperties)[number] | (typeof personalProperties)[number]>;

/** The columns of an {@link AccountProfile}. */
export const profileColumns = columnsOf(Account, [...claimProperties, ...personalProperties]);
