import { execute, sql, type Queryable } from '#common';
import { Injectable } from '@nestjs/common';

/** Accounts that were imported with one kind of hash. */
export interface ImportedHashKind {
  kind: string;
  /** A hash of this kind that no password has. */
  dummy: string;
  accounts: number;
}

/** The table `imported_hash_kind`: how many accounts were imported with which kind of hash. */
@Injectable()
export class ImportedHashKindsRepository {
  /** Adds to the numbers of accounts; the first dummy hash of each kind stays. */
  async add(on: Queryable, kinds: ImportedHashKind[]): Promise<void> {
    await execute(
      on,
      sql`/* imported-hash-kinds.add */
        INSERT INTO imported_hash_kind AS k (kind, decoy, accounts)
        SELECT kind, dummy, accounts
        FROM jsonb_to_recordset(${JSON.stringify(kinds)}::jsonb) AS line (kind text, dummy text, accounts bigint)
        ORDER BY kind
        ON CONFLICT (kind) DO UPDATE SET accounts = k.accounts + excluded.accounts RETURNING kind`,
    );
  }
}
