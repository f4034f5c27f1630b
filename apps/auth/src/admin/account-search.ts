import { queryRows, type Queryable } from '#common';
import { cursorBehind, type AccountSearch, type AdminAccount } from './admin.schema.ts';

interface AccountRow {
  id: string;
  email: string;
  email_verified_at: Date | null;
  roles: AdminAccount['roles'];
  has_password: boolean;
  created_at: Date;
  password_changed_at: Date;
  disabled_at: Date | null;
}

const select = `
  SELECT id, email, email_verified_at, roles, password_hash IS NOT NULL AS has_password, created_at,
         password_changed_at, disabled_at
  FROM account`;

/** The expression of the indexes `account_email_order_idx`, `account_admin_idx` and `account_disabled_idx`. */
const address = 'lower(email) COLLATE "C"';
/** Behind all characters of an address. */
const last = '\x7f';

/** One page of the accounts in the order of their addresses; each search is a range of an index. */
export async function searchAccounts(on: Queryable, search: AccountSearch) {
  const parameters: unknown[] = [search.limit];
  const bind = (value: unknown) => `$${String(parameters.push(value))}::text`;
  const { email_prefix: prefix, after, role, disabled } = search;
  const where = [
    ...(prefix === undefined ? [] : [`${address} >= ${bind(prefix)}`, `${address} < ${bind(prefix + last)}`]),
    ...(after === undefined ? [] : [`${address} > ${bind(after)}`]),
    ...(role === undefined ? [] : [`'${role}' = ANY (roles)`]),
    ...(disabled === undefined ? [] : [`disabled_at IS ${disabled ? 'NOT NULL' : 'NULL'}`]),
  ];
  const rows = await queryRows<AccountRow>(
    on,
    `${select} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${address} LIMIT $1`,
    parameters,
  );
  const end = rows.at(-1);
  return { accounts: rows.map(viewOf), next: end && rows.length === search.limit ? cursorBehind(end.email) : null };
}

/** One account as admins see it. */
export async function findAccount(on: Queryable, id: string): Promise<AdminAccount | undefined> {
  const [row] = await queryRows<AccountRow>(on, `${select} WHERE id = $1`, [id]);
  return row && viewOf(row);
}

function viewOf(row: AccountRow): AdminAccount {
  return {
    ...row,
    email_verified_at: row.email_verified_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    password_changed_at: row.password_changed_at.toISOString(),
    disabled_at: row.disabled_at?.toISOString() ?? null,
  };
}
