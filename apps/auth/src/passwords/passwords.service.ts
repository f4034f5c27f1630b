import { counter, requestAddress } from '#common';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, parseOptions } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { ipKey } from '../rate-limits/index.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { BreachedPasswords } from './breached-passwords.ts';
import { DummyHashes } from './dummy-hashes.ts';
import { parseHash } from './formats/parse-hash.ts';
import type { HashScheme } from './formats/password-hash.ts';
import { yieldToEventLoop } from './hash-threads.ts';
import { PasswordStrength } from './password-strength.ts';
import { lengthOf } from './password.schema.ts';
import { passwordBreached, passwordTooWeak } from './passwords.problems.ts';

/** zxcvbn's score 3 of 4: more than 10⁸ guesses, too many for an attack on stolen hashes. */
const minStrength = 3;
const hashes = counter({
  name: 'auth_password_hashes_total',
  help: 'Password hashes computed, by scheme',
  labels: { scheme: [] },
});

/**
 * Hashes and verifies passwords, and checks their strength. Callers pass passwords as the schemas normalise them. The work of
 * each request waits in the line of its IP address.
 */
@Injectable()
export class PasswordsService implements OnModuleInit {
  /** Shared with the metrics. */
  readonly queue: BoundedQueue;
  private readonly parameters: { memoryCost: number; timeCost: number; parallelism: number };
  private readonly inProduction: boolean;
  private readonly minLength: number;
  private dummyHash: string;

  constructor(
    @Inject(AUTH_CONFIG) config: AuthConfig,
    private readonly strength: PasswordStrength,
    private readonly breached: BreachedPasswords,
    private readonly dummyHashes: DummyHashes,
  ) {
    this.queue = new BoundedQueue(config.HASH_CONCURRENCY, config.HASH_QUEUE_MAX, config.HASH_MAX_WAIT_MS);
    this.minLength = config.PASSWORD_MIN_LENGTH;
    this.inProduction = config.NODE_ENV === 'production';
    this.parameters = {
      memoryCost: config.HASH_MEMORY_KIB,
      timeCost: config.HASH_PASSES,
      parallelism: config.HASH_PARALLELISM,
    };
  }

  async onModuleInit(): Promise<void> {
    this.dummyHash = await this.hash(randomBytes(16).toString('hex'));
    if (this.inProduction) {
      // not on a developer's machine, where other programs compete for the processor
      yieldToEventLoop();
    }
  }

  /** Whether the hash queue would accept work of an IP address now. */
  hasRoom(ipAddress: string): boolean {
    return this.queue.hasRoom(ipKey(ipAddress));
  }

  /**
   * Reserves a place in the hash queue while `prepare` runs.
   * @throws ProblemException `hash_queue_full`
   */
  holdPlace<T>(prepare: () => Promise<T>): Promise<T> {
    return this.queue.holdPlace(client(), prepare);
  }

  /**
   * Hashes the normal form of a password with argon2id (RFC 9106) and a new salt.
   * @returns the hash in PHC string format
   * @throws ProblemException `hash_queue_full`
   */
  hash(password: string): Promise<string> {
    return this.count('argon2', () => hash(normalize(password), this.parameters));
  }

  /**
   * Whether a password matches a hash of any supported format. Without a valid hash it verifies a dummy hash and returns
   * false, so that the duration reveals nothing. If normalization changes the password, it also tries the password as it was
   * typed, whatever the account: other systems hash that one.
   * @param email selects the dummy hash
   * @throws ProblemException `hash_queue_full`
   */
  async verify(passwordHash: string | null | undefined, password: string, email = ''): Promise<boolean> {
    const known = typeof passwordHash === 'string' ? parseHash(passwordHash) : undefined;
    const hash = known ?? parseHash(this.dummyHashes.of(email) ?? this.dummyHash);
    const forms = new Set([normalize(password), password]);
    const matches = await this.queue.run(client(), async () => {
      const results: (boolean | undefined)[] = [];
      for (const form of forms) {
        hashes.inc({ scheme: hash?.scheme ?? 'argon2' });
        results.push(await hash?.matches(form));
      }
      return results.includes(true);
    });
    return matches && known !== undefined;
  }

  /** The scheme of a hash. */
  schemeOf(passwordHash: string): HashScheme | 'unknown' {
    return parseHash(passwordHash)?.scheme ?? 'unknown';
  }

  /**
   * Whether a hash that the password matches should be replaced: it has another format or other parameters than new hashes.
   * Not if it is of a part of the password: the rest may be mistyped, and would have to be right from then on.
   */
  isOutdated(passwordHash: string, password: string): boolean {
    if (!passwordHash.startsWith('$argon2id$')) {
      const { maxPasswordBytes = Infinity } = parseHash(passwordHash) ?? {};
      return Math.max(Buffer.byteLength(password), Buffer.byteLength(normalize(password))) <= maxPasswordBytes;
    }
    const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
    const current = this.parameters;
    return memoryCost !== current.memoryCost || timeCost !== current.timeCost || parallelism !== current.parallelism;
  }

  /**
   * Rejects passwords that are too short, easy to guess or breached. One minimum length applies to all accounts: a second factor
   * may be removed at any time. Check rate limits first, because it may call another service.
   * @param personal words that make a password weak, such as the e-mail address
   * @throws ProblemException `password_too_weak` with advice, `password_breached`, `hash_queue_full`
   */
  async assertStrong(password: string, personal: string[]): Promise<void> {
    if (lengthOf(password) < this.minLength) {
      throw passwordTooWeak.exception({ detail: `It must have at least ${String(this.minLength)} characters.` });
    }
    const { score, advice } = await this.strength.check(client(), password, personal);
    if (score < minStrength) {
      throw passwordTooWeak.exception({ detail: advice });
    }
    if (await this.breached.has(password)) {
      throw passwordBreached.exception();
    }
  }

  private count<T>(scheme: HashScheme, work: () => Promise<T>): Promise<T> {
    return this.queue.run(client(), () => {
      hashes.inc({ scheme });
      return work();
    });
  }
}

/** The client of the current request, as rate limits count it; the same for all commands. */
const client = () => ipKey(requestAddress() ?? '');

/** NFKC (NIST SP 800-63B-4 §3.1.1.2), as new passwords are hashed. */
const normalize = (password: string) => password.normalize('NFKC');
