import { sql, type Sql } from '#common';
import { v7 as uuidv7 } from 'uuid';
import { profileList, type StoredAccount } from './account.ts';
import type { ProfileChange } from './profile.schema.ts';

/** An account to store; its e-mail address is not verified. */
export interface NewAccount extends Pick<StoredAccount, 'email' | 'passwordHash' | 'roles'> {
  profile: ProfileChange;
}

/** The metadata of an account that begins with none. */
const noMetadata = { public_metadata: {}, private_metadata: {} };

/** The columns of an INSERT of an account, and their values. */
export const newRow = ({ email, passwordHash, roles, profile }: NewAccount): Sql => sql`
          (id, email, password_hash, roles, ${profileList})
          SELECT ${uuidv7()}::uuid, ${email}::text, ${passwordHash}::text, ${roles}::text[], ${profileList}
          FROM json_populate_record(NULL::account, ${JSON.stringify({ ...noMetadata, ...profile })}::json)`;
