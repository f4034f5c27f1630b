import { columnsOf, execute, queryRow, queryRows, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Passkey } from './passkey.entity.ts';

const columns = columnsOf(Passkey);

/** The table `passkey`. */
@Injectable()
export class PasskeysRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The passkeys of an account, the oldest first. */
  list(accountId: string): Promise<Passkey[]> {
    return queryRows(
      this.dataSource,
      sql`/* passkeys.list */ SELECT ${columns} FROM passkey WHERE account_id = ${accountId} ORDER BY id`,
    );
  }

  findByCredentialId(credentialId: Buffer): Promise<Passkey | undefined> {
    return queryRow(
      this.dataSource,
      sql`/* passkeys.find-by-credential-id */ SELECT ${columns} FROM passkey WHERE credential_id = ${credentialId}`,
    );
  }

  async count(on: Queryable, accountId: string): Promise<number> {
    const row = await queryRow<{ count: number }>(
      on,
      sql`/* passkeys.count */ SELECT count(*)::int AS count FROM passkey WHERE account_id = ${accountId}`,
    );
    return row?.count ?? 0;
  }

  /** Whether an account has a passkey with this id. */
  async exists(on: Queryable, accountId: string, id: string): Promise<boolean> {
    const statement = sql`/* passkeys.exists */ SELECT id FROM passkey WHERE id = ${id} AND account_id = ${accountId}`;
    return (await queryRow(on, statement)) !== undefined;
  }

  /** @throws QueryFailedError of the constraint `passkey_credential_id_key` if the credential is already stored */
  async insert(on: Queryable, passkey: Omit<Passkey, 'createdAt' | 'lastUsedAt'>): Promise<Passkey> {
    const { id, accountId, credentialId, publicKey, counter, transports, synced, name } = passkey;
    const inserted = await queryRow<Passkey>(
      on,
      sql`/* passkeys.insert */
        INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
        VALUES (${id}, ${accountId}, ${credentialId}, ${publicKey}, ${counter}, ${transports}::text[], ${synced}, ${name})
        RETURNING ${columns}`,
    );
    return inserted as Passkey;
  }

  /** Renames a passkey of an account; undefined if the account has no such passkey. */
  rename(on: Queryable, accountId: string, id: string, name: string): Promise<Passkey | undefined> {
    return queryRow(
      on,
      sql`/* passkeys.rename */
        UPDATE passkey SET name = ${name} WHERE id = ${id} AND account_id = ${accountId} RETURNING ${columns}`,
    );
  }

  /**
   * Stores the counter of a signature in one atomic statement.
   * @returns false if the counter did not rise, unless the authenticator does not count
   */
  async use(on: Queryable, id: string, counter: number): Promise<boolean> {
    const used = await execute(
      on,
      sql`/* passkeys.use */ UPDATE passkey SET counter = ${counter}, last_used_at = now()
        WHERE id = ${id} AND (counter < ${counter} OR counter = 0 AND ${counter}::bigint = 0)`,
    );
    return used > 0;
  }

  /** Deletes a passkey of an account, and returns whether there was one. */
  async remove(on: Queryable, accountId: string, id: string): Promise<boolean> {
    const statement = sql`/* passkeys.remove */ DELETE FROM passkey WHERE id = ${id} AND account_id = ${accountId}`;
    return (await execute(on, statement)) > 0;
  }

  async removeAll(on: Queryable, accountId: string): Promise<void> {
    await execute(on, sql`/* passkeys.remove-all */ DELETE FROM passkey WHERE account_id = ${accountId}`);
  }

  /** What the passkeys of an account say about its owner. */
  async personalData(accountId: string): Promise<unknown[]> {
    const rows = await queryRows<{ row: unknown }>(
      this.dataSource,
      sql`/* passkeys.personal-data */
        SELECT json_build_object('id', id, 'name', name, 'transports', transports, 'synced', synced,
          'created_at', created_at, 'last_used_at', last_used_at) AS row
        FROM passkey WHERE account_id = ${accountId} ORDER BY created_at`,
    );
    return rows.map(({ row }) => row);
  }
}
