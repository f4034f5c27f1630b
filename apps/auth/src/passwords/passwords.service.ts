import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, parseOptions } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { Counter } from 'prom-client';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { BreachedPasswords } from './breached-passwords.ts';
import { DummyHashes } from './dummy-hashes.ts';
import { parseHash } from './formats/parse-hash.ts';
import type { HashScheme } from './formats/password-hash.ts';
import { yieldToEventLoop } from './hash-threads.ts';
import { PasswordStrength } from './password-strength.ts';
import { passwordBreached, passwordTooWeak } from './passwords.problems.ts';

/** zxcvbn's 3 of 4: more than 10⁸ guesses, out of reach of an attack on the hashes' scale. */
const minStrength = 3;
const hashes = new Counter({
  name: 'auth_password_hashes_total',
  help: 'Password hashes computed by scheme',
  labelNames: ['scheme'],
});

/** Hashes, checks and judges passwords. Callers pass them normalised, as the schemas give them. */
@Injectable()
export class PasswordsService implements OnModuleInit {
  /** Shared with the metrics, and with whoever refuses before there is a password. */
  readonly queue: BoundedQueue;
  private readonly parameters: { memoryCost: number; timeCost: number; parallelism: number };
  private readonly inProduction: boolean;
  private decoyHash: string;

  constructor(
    @Inject(AUTH_CONFIG) config: AuthConfig,
    private readonly judge: PasswordStrength,
    private readonly breached: BreachedPasswords,
    private readonly decoys: DummyHashes,
  ) {
    this.queue = new BoundedQueue(config.HASH_CONCURRENCY, config.HASH_QUEUE_MAX, config.HASH_MAX_WAIT_MS);
    this.inProduction = config.NODE_ENV === 'production';
    this.parameters = {
      memoryCost: config.HASH_MEMORY_KIB,
      timeCost: config.HASH_PASSES,
      parallelism: config.HASH_PARALLELISM,
    };
  }

  async onModuleInit(): Promise<void> {
    this.decoyHash = await this.hash(randomBytes(16).toString('hex'));
    if (this.inProduction) {
      // in a container there is nobody else to lose against, as there is on a laptop
      yieldToEventLoop();
    }
  }

  /**
   * Keeps a place for a hash while what it needs is prepared.
   * @throws ProblemException `hash_queue_full` where the hash would be refused at once
   */
  holdPlace<T>(prepare: () => Promise<T>): Promise<T> {
    return this.queue.holdPlace(prepare);
  }

  /**
   * Hashes by argon2id (RFC 9106) with a new salt.
   * @returns the hash in PHC string format
   * @throws ProblemException `hash_queue_full`
   */
  hash(password: string): Promise<string> {
    return this.count('argon2', () => hash(password, this.parameters));
  }

  /**
   * Whether the password has this hash, of any format; without one that can be read, the work is done for a no.
   * @param address whose hash it would be; decides how much work a no takes where hashes were imported
   * @throws ProblemException `hash_queue_full`
   */
  async verify(passwordHash: string | null | undefined, password: string, address = ''): Promise<boolean> {
    const known = typeof passwordHash === 'string' ? parseHash(passwordHash) : undefined;
    const hash = known ?? parseHash(this.decoys.of(address) ?? this.decoyHash);
    const matches = await this.count(hash?.scheme ?? 'argon2', async () => hash?.matches(password));
    return matches === true && known !== undefined;
  }

  /** The algorithm of a hash. */
  schemeOf(passwordHash: string): HashScheme | 'unknown' {
    return parseHash(passwordHash)?.scheme ?? 'unknown';
  }

  /** Whether the hash was made in another format, or with other parameters, than today's. */
  isOutdated(passwordHash: string): boolean {
    if (!passwordHash.startsWith('$argon2id$')) {
      return true;
    }
    const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
    const today = this.parameters;
    return memoryCost !== today.memoryCost || timeCost !== today.timeCost || parallelism !== today.parallelism;
  }

  /**
   * Refuses passwords that are easy to guess or known to be breached. It may ask another service: limits come before it.
   * @param personal words that the password must not be built of, such as the e-mail address
   * @throws ProblemException `password_too_weak` that says why, `password_breached`, `hash_queue_full`
   */
  async assertStrong(password: string, personal: string[]): Promise<void> {
    const { score, advice } = await this.judge.judge(password, personal);
    if (score < minStrength) {
      throw passwordTooWeak.exception({ detail: advice });
    }
    if (await this.breached.has(password)) {
      throw passwordBreached.exception();
    }
  }

  private count<T>(scheme: HashScheme, work: () => Promise<T>): Promise<T> {
    return this.queue.run(() => {
      hashes.inc({ scheme });
      return work();
    });
  }
}
