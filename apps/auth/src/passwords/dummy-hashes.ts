import { queryRows } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { createHmac, type KeyObject } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Keyring } from '../keyring/index.ts';

interface Decoy {
  hash: string;
  /** Accounts whose hash takes the same work, of all that there are. */
  share: number;
}

const loadStatement = `
  SELECT decoy AS hash, accounts / greatest(sum(accounts) OVER (), (
    SELECT reltuples FROM pg_class WHERE oid = 'account'::regclass))::float8 AS share
  FROM imported_hash_kind ORDER BY kind`;

/**
 * Hashes that no password has, to be checked for unknown addresses. As many of these take the work of each kind of imported
 * hash as accounts did when they were imported, and one address always takes the same: how long a login takes does not tell
 * whether there is an account.
 */
@Injectable()
export class DummyHashes {
  private readonly key: KeyObject;
  private decoys: Decoy[] = [];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    keyring: Keyring,
  ) {
    this.key = keyring.derive('decoys')[0] as KeyObject;
  }

  /** Learns what has been imported meanwhile. */
  async load(): Promise<void> {
    this.decoys = await queryRows<Decoy>(this.dataSource, loadStatement);
  }

  /** The decoy of an address; nothing where that is to be one of our own hashes. */
  of(address: string): string | undefined {
    const digest = createHmac('sha256', this.key).update(address.toLowerCase()).digest();
    let place = digest.readUInt32BE() / 2 ** 32;
    return this.decoys.find(({ share }) => (place -= share) < 0)?.hash;
  }
}
