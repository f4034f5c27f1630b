import { signatureAlgorithm, type RequestContext } from '#common';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { SigningKeysRepository, type NewSigningKey } from './signing-keys.repository.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Retired keys stay published longer than the last token lives, for clock skew and for replicas that load late. */
const retirementMarginSeconds = 120;

/** Makes signing keys, publishes them ahead of use and retires them. Every replica may run it concurrently. */
@Injectable()
export class KeyRotationService implements OnModuleInit {
  private readonly logger = new Logger(KeyRotationService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly repository: SigningKeysRepository,
    private readonly keys: SigningKeysService,
    private readonly audit: AuditService,
  ) {}

  async onModuleInit(): Promise<void> {
    try {
      await this.maintain();
    } catch (error) {
      // the service starts anyway: readiness reports it, and housekeeping tries again
      this.logger.warn(error, 'no signing key could be loaded');
    }
  }

  /** Rotates a key that is due, deletes retired keys, and loads what other replicas have changed. */
  async maintain(): Promise<void> {
    const { KEY_ROTATION_INTERVAL_SECONDS: interval, ACCESS_TOKEN_TTL_SECONDS: tokenTtl } = this.config;
    // the insert checks the age again; this check only saves generating a key pair every time
    if (await this.repository.isNewestOlderThan(interval)) {
      await this.insertKey(null, null, interval);
    }
    await this.repository.purge(tokenTtl + retirementMarginSeconds);
    await this.keys.load();
  }

  /**
   * Makes a successor now. It signs after `KEY_PUBLISH_AHEAD_SECONDS`.
   * @param context the request that asked for it; null for the command line
   * @returns the id of the new key and when it starts to sign
   */
  async rotate(context: RequestContext | null, actorId: string | null): Promise<{ kid: string; active_from: string }> {
    const inserted = await this.insertKey(context, actorId, null);
    await this.keys.load();
    // of concurrent rotations one inserts its key, and the others report that one
    const { kid, activeFrom } = inserted ?? this.keys.newest();
    return { kid, active_from: activeFrom.toISOString() };
  }

  private async insertKey(context: RequestContext | null, actorId: string | null, minAgeSeconds: number | null) {
    const key = await makeKey();
    return this.dataSource.transaction(async (manager) => {
      const options = { activeInSeconds: this.config.KEY_PUBLISH_AHEAD_SECONDS, minAgeSeconds };
      const activeFrom = await this.repository.insert(manager, key, options);
      if (activeFrom) {
        await this.audit.record(manager, context, { type: 'key.rotated', actorId, detail: { kid: key.kid } });
      }
      return activeFrom && { kid: key.kid, activeFrom };
    });
  }
}

async function makeKey(): Promise<NewSigningKey> {
  const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const jwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    publicJwk: { ...jwk, kid, use: 'sig', alg: signatureAlgorithm },
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}
