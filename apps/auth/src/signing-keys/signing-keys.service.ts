import { signatureAlgorithm, UnusableTokenError } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import type { JWK } from 'jose';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { rsaAlgorithm, signingAlgorithms, type SigningAlgorithm } from './signing-algorithms.ts';
import { SigningKeysRepository, type StoredSigningKey } from './signing-keys.repository.ts';

interface LoadedKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  publicJwk: JWK;
  algorithm: SigningAlgorithm;
  generation: number;
  createdAt: Date;
  activeFrom: Date;
}

/** A key, and what others may know of it. */
export type PrivateKey = Pick<LoadedKey, 'kid' | 'algorithm' | 'privateKey' | 'publicJwk'>;

/** A key as admins see it. */
export interface DescribedKey extends Pick<LoadedKey, 'kid' | 'algorithm' | 'createdAt' | 'activeFrom'> {
  /** When its successor began to sign; null if none has. */
  retiredAt: Date | null;
  /** Whether it signs now. */
  isActive: boolean;
}

/** Minimum time between two queries that look for unknown key ids. */
const reloadCooldownMs = 1000;

/** The signing keys in memory: those that sign now, one for each algorithm, and all that verify. Every replica holds the same ones. */
@Injectable()
export class SigningKeysService {
  private keys: LoadedKey[] = [];
  /** Offset of the database's clock in ms: all replicas switch keys by one clock. */
  private clockAheadMs = 0;
  private loadedAt = -Infinity;
  private loading = Promise.resolve();
  private nextLoading: Promise<void> | undefined;

  constructor(
    @Inject(AUTH_CONFIG) private readonly config: AuthConfig,
    private readonly repository: SigningKeysRepository,
  ) {}

  /** How long clients may cache the key set, in seconds: half of the time that a new key is published ahead. */
  get maxAgeSeconds(): number {
    return Math.floor(this.config.KEY_PUBLISH_AHEAD_SECONDS / 2);
  }

  /**
   * The key that signs access tokens now.
   * @throws Error if there is none
   */
  current(): Pick<LoadedKey, 'kid' | 'privateKey'> {
    return assertKey(this.active());
  }

  /** Whether an RSA key signs now. There is none until {@link KeyRotationService.ensureRsa} has made the first one. */
  get hasRsa(): boolean {
    return this.active(rsaAlgorithm) !== undefined;
  }

  /** The generation that signs now, and those to come, as far as they have no RSA key. */
  generationsWithoutRsa(): number[] {
    const current = this.active()?.generation ?? Infinity;
    const withRsa = this.keys.filter(isOf(rsaAlgorithm)).map(({ generation }) => generation);
    const all = this.keys.filter(isOf(signatureAlgorithm)).map(({ generation }) => generation);
    return all.filter((generation) => generation >= current && !withRsa.includes(generation));
  }

  /** Since when the current key has been active; undefined if there is none. */
  activeSince(): Date | undefined {
    return this.active()?.activeFrom;
  }

  /**
   * The newest key for access tokens, which may not be active yet.
   * @throws Error if there is none
   */
  newest(): Pick<LoadedKey, 'kid' | 'activeFrom'> {
    return assertKey(this.keys.find(isOf(signatureAlgorithm)));
  }

  /**
   * Finds a public key for access tokens by its id. An unknown id triggers a reload, because another replica may have made the key.
   * @throws UnusableTokenError if there is no such key
   */
  async resolve(kid: string): Promise<KeyObject> {
    if (!this.find(kid) && Date.now() - this.loadedAt > reloadCooldownMs) {
      await this.load();
    }
    const key = this.find(kid);
    if (key?.algorithm !== signatureAlgorithm) {
      throw new UnusableTokenError('no such key');
    }
    return key.publicKey;
  }

  /** The key set that verifies access tokens and ID tokens (RFC 7517 §5). */
  publicKeys(): { keys: JWK[] } {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  /**
   * The ids of all keys, those that sign now first.
   * @throws Error if no key signs access tokens
   */
  order(): string[] {
    this.current();
    const signing = signingAlgorithms.flatMap((algorithm) => this.active(algorithm)?.kid ?? []);
    return [...new Set([...signing, ...this.keys.map(({ kid }) => kid)])];
  }

  /** The private keys of {@link order}, for a library that selects them by itself. */
  privateKeys(): PrivateKey[] {
    return this.order().flatMap((kid) => this.find(kid) ?? []);
  }

  /** All stored keys as they are now, the newest first, without their private parts. */
  async describe(): Promise<DescribedKey[]> {
    await this.load();
    const now = Date.now() + this.clockAheadMs;
    return this.keys.map(({ kid, algorithm, generation, createdAt, activeFrom }) => {
      const successor = this.keys.findLast((key) => key.algorithm === algorithm && key.generation > generation);
      const isActive = this.active(algorithm)?.kid === kid;
      const retiredAt = successor && successor.activeFrom.getTime() <= now ? successor.activeFrom : null;
      return { kid, algorithm, createdAt, activeFrom, retiredAt, isActive };
    });
  }

  /** Loads all keys that the database has now. Calls during a query share the next one. */
  load(): Promise<void> {
    const previous = this.loading.catch(() => undefined);
    this.nextLoading ??= previous.then(() => {
      this.nextLoading = undefined;
      this.loading = this.reload();
      return this.loading;
    });
    return this.nextLoading;
  }

  /** Encrypts private keys again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    return this.repository.reencrypt();
  }

  private active(algorithm: SigningAlgorithm = signatureAlgorithm): LoadedKey | undefined {
    const now = Date.now() + this.clockAheadMs;
    return this.keys.filter(isOf(algorithm)).find(({ activeFrom }) => activeFrom.getTime() <= now);
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

const isOf = (algorithm: SigningAlgorithm) => (key: LoadedKey) => key.algorithm === algorithm;

function parse({ privateKey: pkcs8, ...key }: StoredSigningKey): LoadedKey {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { ...key, privateKey, publicKey: createPublicKey(privateKey) };
}

function assertKey(key: LoadedKey | undefined): LoadedKey {
  if (!key) {
    throw new Error('there is no signing key');
  }
  return key;
}
