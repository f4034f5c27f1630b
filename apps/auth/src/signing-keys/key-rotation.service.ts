import { signatureAlgorithm, type RequestContext } from '#common';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { idTokenTtlSeconds, rsaAlgorithm, type SigningAlgorithm } from './signing-algorithms.ts';
import { SigningKeysRepository, type NewSigningKey } from './signing-keys.repository.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Retired keys stay published longer than the last token lives, for clock skew and for replicas that load late. */
const retirementMarginSeconds = 120;

/** Minimum of RS256 (RFC 7518 §3.3). A key signs for about a month. */
const rsaBits = 2048;

const generate = promisify(generateKeyPair);

/** Makes signing keys, publishes them ahead of use and retires them. Every replica may run it concurrently. */
@Injectable()
export class KeyRotationService implements OnModuleInit {
  private readonly logger = new Logger(KeyRotationService.name);
  private makingRsa: Promise<void> | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly repository: SigningKeysRepository,
    private readonly keys: SigningKeysService,
    private readonly audit: AuditService,
  ) {}

  async onModuleInit(): Promise<void> {
    try {
      await this.rotateDue();
    } catch (error) {
      // the service starts anyway: readiness reports it, and housekeeping tries again
      this.logger.warn(error, 'no signing key could be loaded');
    }
  }

  /** Rotates keys that are due, deletes retired keys, and loads what other replicas have changed. */
  async maintain(): Promise<void> {
    await this.rotateDue();
    await this.followWithRsa();
  }

  /**
   * Makes the first RSA key, unless this or another replica has made one: when the key set or the OpenID provider is first used, so
   * that the start need not wait for it. Later ones follow the rotation of the EC keys.
   */
  async ensureRsa(): Promise<void> {
    if (!this.keys.hasRsa) {
      this.makingRsa ??= this.addMissingRsa().finally(() => {
        this.makingRsa = undefined;
      });
      await this.makingRsa;
    }
  }

  private async rotateDue(): Promise<void> {
    const { KEY_ROTATION_INTERVAL_SECONDS: interval, ACCESS_TOKEN_TTL_SECONDS: tokenTtl } = this.config;
    // the insert checks the age again; this check only saves generating a key pair every time
    if (await this.repository.isNewestOlderThan(interval)) {
      await this.insertKey(null, null, interval);
    }
    await this.repository.purge(Math.max(tokenTtl, idTokenTtlSeconds) + retirementMarginSeconds);
    await this.keys.load();
  }

  /**
   * Makes successors of all keys now. They sign after `KEY_PUBLISH_AHEAD_SECONDS`.
   * @param context the request that asked for it; null for the command line
   * @param authorize throws if the actor may not rotate keys; it runs in the transaction
   * @returns the id of the new key for access tokens, and when the new keys start to sign
   */
  async rotate(
    context: RequestContext | null,
    actorId: string | null,
    authorize?: (manager: EntityManager) => Promise<void>,
  ): Promise<{ kid: string; active_from: string }> {
    const inserted = await this.insertKey(context, actorId, null, authorize);
    await this.keys.load();
    await this.followWithRsa();
    // of concurrent rotations one inserts its key, and the others report that one
    const { kid, activeFrom } = inserted ?? this.keys.newest();
    return { kid, active_from: activeFrom.toISOString() };
  }

  /** Gives new generations an RSA key, once RSA keys are in use. */
  private async followWithRsa(): Promise<void> {
    if (this.keys.hasRsa) {
      await this.addMissingRsa();
    }
  }

  private async addMissingRsa(): Promise<void> {
    await this.keys.load();
    for (const generation of this.keys.generationsWithoutRsa()) {
      await this.repository.addRsa(generation, await makeKey(rsaAlgorithm), this.config.KEY_PUBLISH_AHEAD_SECONDS);
      await this.keys.load();
    }
  }

  private async insertKey(
    context: RequestContext | null,
    actorId: string | null,
    minAgeSeconds: number | null,
    authorize?: (manager: EntityManager) => Promise<void>,
  ) {
    const key = await makeKey(signatureAlgorithm);
    return this.dataSource.transaction(async (manager) => {
      const options = { activeInSeconds: this.config.KEY_PUBLISH_AHEAD_SECONDS, minAgeSeconds };
      const activeFrom = await this.repository.insert(manager, key, options);
      // after the insert: its locks must not put concurrent rotations in a row, each with a key of its own
      await authorize?.(manager);
      if (activeFrom) {
        await this.audit.record(manager, context, { type: 'key.rotated', actorId, detail: { kid: key.kid } });
      }
      return activeFrom && { kid: key.kid, activeFrom };
    });
  }
}

/** Generates a key pair in a thread of its own. */
async function makeKey(algorithm: SigningAlgorithm): Promise<NewSigningKey> {
  const pair = await (algorithm === rsaAlgorithm
    ? generate('rsa', { modulusLength: rsaBits })
    : generate('ec', { namedCurve: 'P-256' }));
  const jwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    publicJwk: { ...jwk, kid, use: 'sig', alg: algorithm },
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}
