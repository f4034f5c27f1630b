import { execute, queryRow, queryRows, sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { JWK } from 'jose';
import { DataSource, type EntityManager } from 'typeorm';
import { Keyring, reencryptColumn } from '../keyring/index.ts';

/** A key pair to store. */
export interface NewSigningKey {
  /** RFC 7638 thumbprint of the public key. */
  kid: string;
  publicJwk: JWK;
  /** PKCS #8 in DER. */
  privateKey: Buffer;
}

/** A stored key pair. */
export interface StoredSigningKey extends NewSigningKey {
  /** The key signs from here on, until its successor becomes active. */
  activeFrom: Date;
  /** The database's clock at the time of the query. */
  now: Date;
}

/** When a new key may be stored, and when it becomes active. */
interface InsertOptions {
  /** Seconds until the key signs. The very first key signs at once. */
  activeInSeconds: number;
  /** Minimum age of the newest stored key, in seconds; null for any age. */
  minAgeSeconds: number | null;
}

const contextOf = (kid: string) => kid;

/** The table `signing_key`. Private keys are encrypted at rest. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyring: Keyring,
  ) {}

  /** All keys, the newest first. */
  async list(): Promise<StoredSigningKey[]> {
    const rows = await queryRows<StoredSigningKey>(
      this.dataSource,
      sql`/* signing-keys.list */
        SELECT kid, public_jwk AS "publicJwk", private_key AS "privateKey", active_from AS "activeFrom", now() AS now
        FROM signing_key ORDER BY active_from DESC`,
    );
    return rows.map((row) => ({ ...row, privateKey: this.keyring.decrypt(row.privateKey, contextOf(row.kid)) }));
  }

  /** Whether the newest key is at least this old, or there is none. */
  async isNewestOlderThan(seconds: number): Promise<boolean> {
    const row = await queryRow<{ older: boolean }>(
      this.dataSource,
      sql`/* signing-keys.age */
        SELECT coalesce(max(created_at), '-infinity') <= now() - make_interval(secs => ${seconds}::int) AS older
        FROM signing_key`,
    );
    return row?.older === true;
  }

  /**
   * Stores a key unless the newest one is too young, in one atomic statement. Replicas that do this concurrently compute
   * the same generation, so that only one of them succeeds.
   * @returns when the key becomes active; undefined if it was not stored
   */
  async insert(
    manager: EntityManager,
    { kid, publicJwk, privateKey }: NewSigningKey,
    { activeInSeconds, minAgeSeconds }: InsertOptions,
  ): Promise<Date | undefined> {
    const row = await queryRow<{ activeFrom: Date }>(
      manager,
      sql`/* signing-keys.insert */
        INSERT INTO signing_key (kid, generation, public_jwk, private_key, active_from)
        SELECT ${kid}::text, coalesce(max(generation), 0) + 1, ${JSON.stringify(publicJwk)}::jsonb,
          ${this.keyring.encrypt(privateKey, contextOf(kid))}::bytea,
          now() + make_interval(secs => CASE WHEN count(*) = 0 THEN 0 ELSE ${activeInSeconds}::int END)
        FROM signing_key
        HAVING ${minAgeSeconds}::int IS NULL
          OR coalesce(max(created_at), '-infinity') <= now() - make_interval(secs => ${minAgeSeconds}::int)
        ON CONFLICT (generation) DO NOTHING
        RETURNING active_from AS "activeFrom"`,
    );
    return row?.activeFrom;
  }

  /** Deletes the keys whose successor has been active for this long. */
  async purge(seconds: number): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* signing-keys.purge */
        DELETE FROM signing_key k WHERE EXISTS (
          SELECT FROM signing_key successor
          WHERE successor.active_from > k.active_from
            AND successor.active_from < now() - make_interval(secs => ${seconds}::int))`,
    );
  }

  /** Encrypts private keys again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    const column = { table: 'signing_key', key: 'kid', column: 'private_key', contextOf };
    return reencryptColumn(this.dataSource, this.keyring, column);
  }
}
