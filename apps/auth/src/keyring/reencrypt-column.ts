import { execute, queryRows, sql, type Queryable } from '#common';
import type { Keyring } from './keyring.ts';

/** A column of values that the {@link Keyring} encrypts. */
export interface EncryptedColumn {
  table: string;
  /** A key whose values are unique, and present wherever the column's are. */
  key: string;
  column: string;
  /** The encryption context of a row, from its key as text. */
  contextOf: (key: string) => string;
}

const pageRows = 500;

/**
 * Encrypts values again that the first key of the ring does not decrypt. Safe while the service runs: a value that
 * changes in the meantime stays, because the service has encrypted it under the first key. An interrupted run can be
 * repeated.
 * @returns the number of values that it encrypted again
 * @throws Error if no key of the ring decrypts a value
 */
export async function reencryptColumn(
  on: Queryable,
  keyring: Keyring,
  { table, key, column, contextOf }: EncryptedColumn,
): Promise<number> {
  const read = sql.raw(
    `/* ${table}.encrypted */ SELECT ${key}::text AS key, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL`,
  );
  const update = sql.raw(`/* ${table}.reencrypt */ UPDATE ${table} SET ${column} =`);
  const orderBy = sql.raw(`ORDER BY ${key} LIMIT ${String(pageRows)}`);
  let after = sql.raw('');
  let count = 0;
  for (let more = true; more;) {
    const rows = await queryRows<{ key: string; sealed: Buffer }>(on, sql`${read} ${after} ${orderBy}`);
    for (const row of rows) {
      const resealed = keyring.reencrypt(row.sealed, contextOf(row.key));
      if (resealed) {
        const where = sql`WHERE ${sql.raw(key)} = ${row.key} AND ${sql.raw(column)} = ${row.sealed}`;
        count += await execute(on, sql`${update} ${resealed} ${where}`);
      }
    }
    after = sql`AND ${sql.raw(key)} > ${rows.at(-1)?.key}`;
    more = rows.length === pageRows;
  }
  return count;
}
