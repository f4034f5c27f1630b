import { queryRow, queryRows, sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';

/** A kind of imported hashes, and how many accounts have one. */
export interface ImportedHashKind {
  kind: string;
  /** A hash of this kind that matches no password. */
  hash: string;
  accounts: number;
}

/** A hash that matches no password. */
export interface DummyHash {
  hash: string;
  /** Share of all accounts whose hashes take the same work, 0 to 1. */
  share: number;
}

/** The table `imported_hash_kind`. */
@Injectable()
export class DummyHashesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** One dummy hash for each kind. Asks the planner how many accounts there are: counting them reads the whole table. */
  async list(): Promise<DummyHash[]> {
    return queryRows<DummyHash>(
      this.dataSource,
      sql`/* passwords.dummy-hashes */
        SELECT decoy AS hash, accounts / greatest(sum(accounts) OVER (), (
          SELECT reltuples FROM pg_class WHERE oid = 'account'::regclass))::float8 AS share
        FROM imported_hash_kind ORDER BY kind`,
    );
  }

  /** Adds to the number of accounts per hash format. */
  async add(manager: EntityManager, kinds: ImportedHashKind[]): Promise<void> {
    await queryRow(
      manager,
      sql`/* passwords.add-imported */
        INSERT INTO imported_hash_kind AS k (kind, decoy, accounts)
        SELECT kind, hash, accounts
        FROM jsonb_to_recordset(${JSON.stringify(kinds)}::jsonb) AS line (kind text, hash text, accounts bigint)
        ORDER BY kind
        ON CONFLICT (kind) DO UPDATE SET accounts = k.accounts + excluded.accounts`,
    );
  }
}
