import { UnusableTokenError } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { SigningKeysRepository, type StoredSigningKey } from './signing-keys.repository.ts';

interface LoadedKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  publicJwk: JWK;
  activeFrom: Date;
}

/** Minimum time between two queries that look for unknown key ids. */
const reloadCooldownMs = 1000;

/** The signing keys in memory: the one that signs now, and all that verify. Every replica holds the same ones. */
@Injectable()
export class SigningKeysService {
  private keys: LoadedKey[] = [];
  /** Offset of the database's clock in ms: all replicas switch keys by one clock. */
  private clockAheadMs = 0;
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly repository: SigningKeysRepository,
  ) {}

  /** How long clients may cache the key set, in seconds: half of the time that a new key is published ahead. */
  get maxAgeSeconds(): number {
    return Math.floor(this.config.KEY_PUBLISH_AHEAD_SECONDS / 2);
  }

  /**
   * The key that signs now.
   * @throws Error if there is none
   */
  current(): Pick<LoadedKey, 'kid' | 'privateKey'> {
    return assertKey(this.active());
  }

  /** Since when the current key has been active; undefined if there is none. */
  activeSince(): Date | undefined {
    return this.active()?.activeFrom;
  }

  /**
   * The newest key, which may not be active yet.
   * @throws Error if there is none
   */
  newest(): Pick<LoadedKey, 'kid' | 'activeFrom'> {
    return assertKey(this.keys[0]);
  }

  /**
   * Finds a public key by its id. An unknown id triggers a reload, because another replica may have made the key.
   * @throws UnusableTokenError if there is no such key
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

  /** The key set that verifies access tokens (RFC 7517 §5). */
  publicKeys(): { keys: JWK[] } {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  /** Loads all keys from the database. Concurrent calls share one query. */
  load(): Promise<void> {
    this.loading ??= this.reload().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  /** Encrypts private keys again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    return this.repository.reencrypt();
  }

  private active(): LoadedKey | undefined {
    const now = Date.now() + this.clockAheadMs;
    return this.keys.find(({ activeFrom }) => activeFrom.getTime() <= now);
  }

  private find(kid: string): LoadedKey | undefined {
    return this.keys.find((key) => key.kid === kid);
  }

  private async reload(): Promise<void> {
    const stored = await this.repository.list();
    this.clockAheadMs = stored[0] ? stored[0].now.getTime() - Date.now() : 0;
    this.loadedAt = Date.now();
    this.keys = stored.map((key) => ({ ...(this.find(key.kid) ?? parse(key)), activeFrom: key.activeFrom }));
  }
}

function parse({ kid, publicJwk, privateKey: pkcs8 }: StoredSigningKey): Omit<LoadedKey, 'activeFrom'> {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { kid, privateKey, publicKey: createPublicKey(privateKey), publicJwk };
}

function assertKey(key: LoadedKey | undefined): LoadedKey {
  if (!key) {
    throw new Error('there is no signing key');
  }
  return key;
}
