import { execute, queryRow, queryRows, sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { JWK } from 'jose';
import { DataSource, type EntityManager } from 'typeorm';
import { Keyring, reencryptColumn } from '../keyring/index.ts';
import type { SigningAlgorithm } from './signing-algorithms.ts';

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
  algorithm: SigningAlgorithm;
  /** Number of the rotation that made the key. The keys of one generation sign in the same period, one for each algorithm. */
  generation: number;
  /** When the generation was made. */
  createdAt: Date;
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

  /** All keys, the newest generation first. */
  async list(): Promise<StoredSigningKey[]> {
    const rows = await queryRows<StoredSigningKey>(
      this.dataSource,
      sql`/* signing-keys.list */
        SELECT 'ES256' AS algorithm, kid, public_jwk AS "publicJwk", private_key AS "privateKey", generation,
          created_at AS "createdAt", active_from AS "activeFrom", now() AS now
        FROM signing_key
        UNION ALL
        SELECT 'RS256', rsa_kid, rsa_public_jwk, rsa_private_key, generation, created_at, rsa_active_from, now()
        FROM signing_key WHERE rsa_kid IS NOT NULL
        ORDER BY generation DESC, algorithm`,
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
   * Stores an EC key, and with it a new generation, unless the newest one is too young, in one atomic statement. Replicas that do this concurrently compute
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

  /**
   * Stores the RSA key of a generation. Of concurrent calls the first one's key stays.
   * @param activeInSeconds seconds until it signs, at least; the very first one signs at once
   */
  async addRsa(
    generation: number,
    { kid, publicJwk, privateKey }: NewSigningKey,
    activeInSeconds: number,
  ): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* signing-keys.add-rsa */
        UPDATE signing_key SET rsa_kid = ${kid}, rsa_public_jwk = ${JSON.stringify(publicJwk)}::jsonb,
          rsa_private_key = ${this.keyring.encrypt(privateKey, contextOf(kid))},
          rsa_active_from = greatest(active_from, now() + make_interval(secs =>
            CASE WHEN EXISTS (SELECT FROM signing_key WHERE rsa_kid IS NOT NULL) THEN ${activeInSeconds}::int ELSE 0 END))
        WHERE generation = ${generation} AND rsa_kid IS NULL`,
    );
  }

  /** Deletes the generations whose successor has signed for this long, with each key of theirs. */
  async purge(seconds: number): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* signing-keys.purge */
        DELETE FROM signing_key k WHERE EXISTS (
          SELECT FROM signing_key successor
          WHERE successor.generation > k.generation AND (k.rsa_kid IS NULL OR successor.rsa_kid IS NOT NULL)
            AND greatest(successor.active_from, successor.rsa_active_from) < now() - make_interval(secs => ${seconds}::int))`,
    );
  }

  /** Encrypts private keys again that the first key of the ring does not decrypt, and returns how many. */
  async reencrypt(): Promise<number> {
    const ec = { table: 'signing_key', key: 'kid', column: 'private_key', contextOf };
    const rsa = { table: 'signing_key', key: 'rsa_kid', column: 'rsa_private_key', contextOf };
    return (
      (await reencryptColumn(this.dataSource, this.keyring, ec)) +
      (await reencryptColumn(this.dataSource, this.keyring, rsa))
    );
  }
}
