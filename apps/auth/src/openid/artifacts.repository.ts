import { execute, purge, queryRow, sql, type Queryable, type Sql } from '#common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { hash } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import { DataSource } from 'typeorm';
import { Keyring, reencryptColumn } from '../keyring/index.ts';

/** Names an artifact: its model in the library, and its identifier, which may be a secret. */
export interface ArtifactKey {
  model: string;
  id: string;
}

/** What belongs to an artifact besides its payload. */
interface ArtifactDetails {
  ttlSeconds: number;
  /** The grant whose end also ends the artifact. */
  grantId: string | undefined;
  /** What a person types to find it. */
  userCode: string | undefined;
}

interface StoredArtifact {
  idHash: Buffer;
  payload: Buffer;
  /** Seconds since 1970, to the microsecond. */
  createdAt: number;
  /** Seconds since 1970; null if it has not been used. */
  consumed: number | null;
}

const columns = sql.raw(`id_hash AS "idHash", payload, extract(epoch FROM created_at)::float8 AS "createdAt",
  floor(extract(epoch FROM consumed_at))::int AS consumed`);
const contextOf = (hexHash: string) => `openid artifact ${hexHash}`;

/**
 * The table `openid_artifact`: codes, interactions and whatever else the library keeps for a short time. Identifiers are stored as
 * hashes, and payloads, which contain identifiers too, are encrypted.
 */
@Injectable()
export class ArtifactsRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyring: Keyring,
  ) {}

  /** @throws QueryFailedError if its grant has ended */
  async save(key: ArtifactKey, payload: AdapterPayload, details: ArtifactDetails): Promise<void> {
    const idHash = hashOf(key);
    const sealed = this.seal(idHash, payload);
    const { ttlSeconds, grantId = null, userCode } = details;
    const codeHash = userCode === undefined ? null : hashOf({ model: 'user code', id: userCode });
    await execute(
      this.dataSource,
      sql`/* openid-artifacts.save */
        INSERT INTO openid_artifact AS a (id_hash, payload, grant_id, user_code_hash, expires_at)
        VALUES (${idHash}, ${sealed}, ${grantId}::uuid, ${codeHash}::bytea, now() + make_interval(secs => ${ttlSeconds}::int))
        ON CONFLICT (id_hash) DO UPDATE SET payload = EXCLUDED.payload, grant_id = EXCLUDED.grant_id,
          user_code_hash = coalesce(EXCLUDED.user_code_hash, a.user_code_hash), expires_at = EXCLUDED.expires_at
        RETURNING id_hash`,
    );
  }

  /**
   * Stores an identifier that may occur once, such as that of a DPoP proof.
   * @returns false if it has occurred before
   */
  async saveOnce(key: ArtifactKey, ttlSeconds: number): Promise<boolean> {
    const idHash = hashOf(key);
    const saved = await execute(
      this.dataSource,
      sql`/* openid-artifacts.save-once */
        INSERT INTO openid_artifact (id_hash, payload, expires_at)
        VALUES (${idHash}, ${this.seal(idHash, {})}, now() + make_interval(secs => ${ttlSeconds}::int))
        ON CONFLICT (id_hash) DO NOTHING RETURNING id_hash`,
    );
    return saved > 0;
  }

  find(key: ArtifactKey): Promise<AdapterPayload | undefined> {
    return this.read(sql`/* openid-artifacts.find */
      SELECT ${columns} FROM openid_artifact WHERE id_hash = ${hashOf(key)}`);
  }

  findByUserCode(code: string): Promise<AdapterPayload | undefined> {
    return this.read(sql`/* openid-artifacts.find-by-user-code */
      SELECT ${columns} FROM openid_artifact WHERE user_code_hash = ${hashOf({ model: 'user code', id: code })}`);
  }

  /**
   * Marks an artifact as used, in one atomic statement: of concurrent uses one wins.
   * @returns false if it has been used before, or is gone
   */
  async consume(key: ArtifactKey): Promise<boolean> {
    const consumed = await execute(
      this.dataSource,
      sql`/* openid-artifacts.consume */
        UPDATE openid_artifact SET consumed_at = now() WHERE id_hash = ${hashOf(key)} AND consumed_at IS NULL`,
    );
    return consumed > 0;
  }

  async delete(key: ArtifactKey): Promise<void> {
    await execute(
      this.dataSource,
      sql`/* openid-artifacts.delete */ DELETE FROM openid_artifact WHERE id_hash = ${hashOf(key)}`,
    );
  }

  /** Deletes expired artifacts, `limit` at most, and returns how many. */
  purge(on: Queryable, limit: number): Promise<number> {
    const expired = sql`expires_at <= now()`;
    return purge(on, { table: 'openid_artifact', key: 'id_hash', expired, orderBy: 'expires_at' }, limit);
  }

  /** Encrypts payloads again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    const column = { table: 'openid_artifact', key: 'id_hash', column: 'payload', contextOf };
    return reencryptColumn(this.dataSource, this.keyring, column);
  }

  private seal(idHash: Buffer, payload: AdapterPayload): Buffer {
    return this.keyring.encrypt(Buffer.from(JSON.stringify(payload)), contextOf(hexOf(idHash)));
  }

  /** The payload, whose `iat` is the exact time of the database, like those of logins. */
  private async read(statement: Sql): Promise<AdapterPayload | undefined> {
    const row = await queryRow<StoredArtifact>(this.dataSource, statement);
    if (!row) {
      return undefined;
    }
    const opened = this.keyring.decrypt(row.payload, contextOf(hexOf(row.idHash))).toString();
    const payload = { ...(JSON.parse(opened) as AdapterPayload), iat: row.createdAt };
    return { ...payload, ...(row.consumed !== null && { consumed: row.consumed }) };
  }
}

const hashOf = ({ model, id }: ArtifactKey) => hash('sha256', `${model} ${id}`, 'buffer');
/** As PostgreSQL writes it. */
const hexOf = (idHash: Buffer) => `\\x${idHash.toString('hex')}`;
