import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { NewPassword, StrengthResult } from './password-strength.worker.ts';

const program = join(import.meta.dirname, `password-strength.worker${extname(import.meta.filename)}`);
/** A thread that takes longer is replaced. */
const timeoutMs = 10_000;

/**
 * Checks the strength of passwords in a thread of its own. `minStrength` of `passwords.service.ts` is the threshold. A check takes as long as a hash, and loading the dictionaries
 * takes a tenth of the service's start: requests must not wait for either.
 */
@Injectable()
export class PasswordStrength implements OnApplicationShutdown {
  /** Shared with the metrics. */
  readonly queue: BoundedQueue;
  private readonly logger = new Logger(PasswordStrength.name);
  /** Undefined after a failure, until the next check. */
  private thread: Worker | undefined;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.queue = new BoundedQueue(1, config.HASH_QUEUE_MAX, config.HASH_MAX_WAIT_MS);
    // it loads while the rest of the service starts
    this.thread = this.start();
  }

  /**
   * @param personal words that make a password weak, such as the e-mail address
   * @throws ProblemException `hash_queue_full`
   */
  check(password: string, personal: string[]): Promise<StrengthResult> {
    return this.queue.run(() => this.ask({ password, personal }));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.thread?.terminate();
  }

  /** The queue runs one check at a time, so that the next message is the result of this one. */
  private async ask(newPassword: NewPassword): Promise<StrengthResult> {
    const thread = (this.thread ??= this.start());
    thread.postMessage(newPassword);
    try {
      const [result] = (await once(thread, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as [StrengthResult];
      return result;
    } catch (error) {
      this.thread = undefined;
      // not awaited, because V8 can't interrupt every loop
      void thread.terminate();
      throw error;
    }
  }

  private start(): Worker {
    const thread = new Worker(program);
    thread.on('error', (error: unknown) => {
      this.logger.error({ msg: 'the password strength thread failed', err: error });
    });
    thread.on('exit', () => {
      if (this.thread === thread) {
        this.thread = undefined;
      }
    });
    return thread;
  }
}
