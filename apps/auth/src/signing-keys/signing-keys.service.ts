import { queryRows, signatureAlgorithm, UnusableTokenError, type RequestContext } from '#common';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { Keyring } from '../keyring/index.ts';

interface LoadedKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  publicJwk: JWK;
  activeFrom: Date;
}

/** Beyond the last token's life a key stays published for clocks that differ and replicas that load late. */
const retirementMarginSeconds = 120;
/** An unknown key id makes us look in the database, at most this often. */
const reloadCooldownMs = 1000;

/**
 * Adds a key unless one younger than `$6` seconds is there, in one atomic statement: replicas that do it at once compute the
 * same generation, and all but one conflict. The first key of all signs at once.
 */
const insertStatement = `
  INSERT INTO signing_key (kid, generation, public_jwk, private_key, active_from)
  SELECT $1, coalesce(max(generation), 0) + 1, $2::jsonb, $3,
         now() + make_interval(secs => CASE WHEN count(*) = 0 THEN 0 ELSE $4::int END)
  FROM signing_key
  HAVING $5::boolean OR coalesce(max(created_at), '-infinity') <= now() - make_interval(secs => $6::int)
  ON CONFLICT (generation) DO NOTHING
  RETURNING kid, active_from`;

const purgeStatement = `
  DELETE FROM signing_key k WHERE EXISTS (
    SELECT FROM signing_key successor
    WHERE successor.active_from > k.active_from AND successor.active_from < now() - make_interval(secs => $1::int))`;

const loadStatement = `
  SELECT kid, public_jwk, private_key, active_from, now() AS now FROM signing_key ORDER BY active_from DESC`;

/** The signing keys: made, published ahead of use, rotated and retired, the same on all replicas. */
@Injectable()
export class SigningKeysService implements OnModuleInit {
  private readonly logger = new Logger(SigningKeysService.name);
  private keys: LoadedKey[] = [];
  /** What the database's clock is ahead of ours, in ms: all replicas change keys by one clock. */
  private clockAheadMs = 0;
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly keyring: Keyring,
    private readonly audit: AuditService,
  ) {}

  async onModuleInit(): Promise<void> {
    try {
      await this.maintain();
    } catch (error) {
      // not a reason to die: readiness tells of it, and housekeeping tries again
      this.logger.warn(error, 'no signing key could be loaded');
    }
  }

  /** Seconds that others may cache the key set: half of the time that a new key is published ahead. */
  get maxAgeSeconds(): number {
    return Math.floor(this.config.KEY_PUBLISH_AHEAD_SECONDS / 2);
  }

  /**
   * The key to sign with now.
   * @throws Error while there is none
   */
  current(): Pick<LoadedKey, 'kid' | 'privateKey'> {
    const key = this.signing();
    if (!key) {
      throw new Error('there is no signing key');
    }
    return key;
  }

  /** When the key that signs now began to; undefined while there is none. */
  activeSince(): Date | undefined {
    return this.signing()?.activeFrom;
  }

  /**
   * The public key of a key id, looked up in the database if a replica has made it meanwhile.
   * @throws UnusableTokenError for an unknown one
   */
  async resolve(kid: string): Promise<KeyObject> {
    if (!this.find(kid) && Date.now() - this.loadedAt > reloadCooldownMs) {
      await this.load();
    }
    const key = this.find(kid);
    if (!key) {
      throw new UnusableTokenError('no such key');
    }
    return key.publicKey;
  }

  /** The key set that tokens can be checked with (RFC 7517 §5). */
  publicKeys(): { keys: JWK[] } {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  /** What runs regularly: a successor for an old key, an end to retired ones, and what other replicas did. */
  async maintain(): Promise<void> {
    await this.rotateIfDue();
    const retirement = this.config.ACCESS_TOKEN_TTL_SECONDS + retirementMarginSeconds;
    await this.dataSource.query(purgeStatement, [retirement]);
    await this.load();
  }

  /**
   * Makes a successor now, which signs after `KEY_PUBLISH_AHEAD_SECONDS`.
   * @param context whose request it is; null from the command line
   * @returns the new key's id and when it begins to sign
   */
  async rotate(context: RequestContext | null, actorId: string | null): Promise<{ kid: string; active_from: string }> {
    const rotated = await this.insert(true, context, actorId);
    await this.load();
    return rotated ?? this.newest();
  }

  private async rotateIfDue(): Promise<void> {
    const [newest] = await queryRows<{ due: boolean }>(
      this.dataSource,
      'SELECT max(created_at) <= now() - make_interval(secs => $1::int) AS due FROM signing_key HAVING count(*) > 0',
      [this.config.KEY_ROTATION_INTERVAL_SECONDS],
    );
    // the statement decides again; this only spares making a key pair each time
    if (newest?.due !== false) {
      await this.insert(false, null, null);
    }
  }

  private async insert(force: boolean, context: RequestContext | null, actorId: string | null) {
    const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const jwk = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    const sealed = this.keyring.encrypt(pair.privateKey.export({ format: 'der', type: 'pkcs8' }), kid);
    return this.dataSource.transaction(async (manager) => {
      const [row] = await queryRows<{ kid: string; active_from: Date }>(manager, insertStatement, [
        kid,
        JSON.stringify({ ...jwk, kid, use: 'sig', alg: signatureAlgorithm }),
        sealed,
        this.config.KEY_PUBLISH_AHEAD_SECONDS,
        force,
        this.config.KEY_ROTATION_INTERVAL_SECONDS,
      ]);
      if (row) {
        await this.audit.record(manager, context, { type: 'key.rotated', actorId, detail: { kid } });
      }
      return row && { kid: row.kid, active_from: row.active_from.toISOString() };
    });
  }

  private newest(): { kid: string; active_from: string } {
    const [key] = this.keys;
    if (!key) {
      throw new Error('there is no signing key');
    }
    return { kid: key.kid, active_from: key.activeFrom.toISOString() };
  }

  private signing(): LoadedKey | undefined {
    const now = Date.now() + this.clockAheadMs;
    return this.keys.find(({ activeFrom }) => activeFrom.getTime() <= now);
  }

  private find(kid: string): LoadedKey | undefined {
    return this.keys.find((key) => key.kid === kid);
  }

  /** Loads all keys; calls at the same time share one query. */
  private load(): Promise<void> {
    this.loading ??= this.query().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async query(): Promise<void> {
    const rows = await queryRows<{ kid: string; public_jwk: JWK; private_key: Buffer; active_from: Date; now: Date }>(
      this.dataSource,
      loadStatement,
    );
    this.clockAheadMs = rows[0] ? rows[0].now.getTime() - Date.now() : 0;
    this.loadedAt = Date.now();
    this.keys = rows.map((row) => ({ ...(this.find(row.kid) ?? this.open(row)), activeFrom: row.active_from }));
  }

  private open(row: { kid: string; public_jwk: JWK; private_key: Buffer }): Omit<LoadedKey, 'activeFrom'> {
    const privateKey = createPrivateKey({
      key: this.keyring.decrypt(row.private_key, row.kid),
      format: 'der',
      type: 'pkcs8',
    });
    return {
      kid: row.kid,
      privateKey,
      publicKey: createPublicKey(privateKey),
      publicJwk: row.public_jwk,
    };
  }
}
