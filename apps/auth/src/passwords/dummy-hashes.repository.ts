import { execute, queryRows, sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** A hash that matches no password, and takes the same work as those of some accounts. */
export interface DummyHash {
  hash: string;
  /** Share of the accounts with such hashes among all accounts with a password, 0 to 1. */
  share: number;
}

/** The table `password_hash_count`, whose rows triggers on `account` insert. */
@Injectable()
export class DummyHashesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** One dummy hash for each kind of hashes that accounts have, in a fixed order. */
  async list(): Promise<DummyHash[]> {
    return queryRows<DummyHash>(
      this.dataSource,
      sql`/* passwords.dummy-hashes */
        SELECT dummy_hash AS hash, (sum(accounts) / sum(sum(accounts)) OVER ())::float8 AS share
        FROM password_hash_count GROUP BY dummy_hash HAVING sum(accounts) > 0 ORDER BY dummy_hash COLLATE "C"`,
    );
  }

  /**
   * Replaces several rows of a dummy hash by one with their sum. Readers see those before or that one. Rows that another
   * replica merges at the same time are left to it.
   */
  async merge(): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* passwords.merge-counts */
        WITH several AS (SELECT dummy_hash FROM password_hash_count GROUP BY dummy_hash HAVING count(*) > 1),
        merged AS (
          DELETE FROM password_hash_count WHERE id IN (
            SELECT id FROM password_hash_count WHERE dummy_hash IN (SELECT dummy_hash FROM several)
            FOR UPDATE SKIP LOCKED)
          RETURNING dummy_hash, accounts)
        INSERT INTO password_hash_count (dummy_hash, accounts)
        SELECT dummy_hash, sum(accounts) FROM merged GROUP BY dummy_hash HAVING sum(accounts) <> 0`,
    );
  }
}
