import { queryRows } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Keyring } from '../keyring/index.ts';

/** What is stored encrypted: where, and the context it was encrypted in. */
const places = [
  { table: 'signing_key', id: 'kid', column: 'private_key', context: (id: string) => id },
  { table: 'totp', id: 'account_id', column: 'secret', context: (id: string) => `totp ${id}` },
  { table: 'mail', id: 'id', column: 'variables', context: (id: string) => `mail ${id}` },
];
const batchSize = 500;

/** Encrypts what is stored anew, so that an old key-encryption key can be taken away. */
@Injectable()
export class ReencryptionService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Leaves alone what the first key of the ring opens. May run beside the service, and be interrupted and run again.
   * @returns how many values of each table were encrypted anew
   * @throws Error where a value can't be decrypted by any key of the ring
   */
  async run(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const place of places) {
      counts[place.table] = await this.reencrypt(place);
    }
    return counts;
  }

  private async reencrypt({ table, id, column, context }: (typeof places)[number]): Promise<number> {
    let count = 0;
    for (let after = ''; ;) {
      const rows = await queryRows<{ id: string; sealed: Buffer }>(
        this.dataSource,
        `SELECT ${id}::text AS id, ${column} AS sealed FROM ${table} WHERE ${id}::text > $1 ORDER BY ${id}::text LIMIT ${batchSize}`,
        [after],
      );
      const last = rows.at(-1);
      if (!last) {
        return count;
      }
      after = last.id;
      for (const row of rows.filter(({ id, sealed }) => !this.keyring.isCurrent(sealed, context(id)))) {
        const fresh = this.keyring.encrypt(this.keyring.decrypt(row.sealed, context(row.id)), context(row.id));
        // what the service has changed meanwhile it has encrypted by the first key itself
        const changed = await queryRows(
          this.dataSource,
          `UPDATE ${table} SET ${column} = $3 WHERE ${id}::text = $1 AND ${column} = $2 RETURNING 1`,
          [row.id, row.sealed, fresh],
        );
        count += changed.length;
      }
    }
  }
}
