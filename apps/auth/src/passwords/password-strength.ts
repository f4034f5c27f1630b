import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { StrengthResult, NewPassword } from './password-strength.worker.ts';

const program = join(import.meta.dirname, `password-strength.worker${extname(import.meta.filename)}`);
/** What no judgement takes; a thread that does is replaced. */
const timeoutMs = 10_000;

/**
 * Judges how strong passwords are, in a thread of its own: it takes as long as a hash, and its dictionaries take as long to load
 * as a tenth of the service, for which requests would wait.
 */
@Injectable()
export class PasswordStrength implements OnApplicationShutdown {
  /** Shared with the metrics. */
  readonly queue: BoundedQueue;
  private readonly logger = new Logger(PasswordStrength.name);
  /** There is none after one has failed, until it is needed. */
  private thread: Worker | undefined;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.queue = new BoundedQueue(1, config.HASH_QUEUE_MAX, config.HASH_MAX_WAIT_MS);
    // loads while the rest of the service starts
    this.thread = this.start();
  }

  /**
   * @param personal words that the password must not be built of, such as the e-mail address
   * @throws ProblemException `hash_queue_full`
   */
  judge(password: string, personal: string[]): Promise<StrengthResult> {
    return this.queue.run(() => this.ask({ password, personal }));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.thread?.terminate();
  }

  /** One at a time, so that the next answer is the one to this. */
  private async ask(newPassword: NewPassword): Promise<StrengthResult> {
    const thread = (this.thread ??= this.start());
    thread.postMessage(newPassword);
    try {
      const [judgement] = (await once(thread, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as [
        StrengthResult,
      ];
      return judgement;
    } catch (error) {
      this.thread = undefined;
      // nobody waits for its end: V8 does not interrupt every loop
      void thread.terminate();
      throw error;
    }
  }

  private start(): Worker {
    const thread = new Worker(program);
    thread.on('error', (error: unknown) => {
      this.logger.error({ msg: 'the thread that judges passwords has failed', err: error });
    });
    thread.on('exit', () => {
      if (this.thread === thread) {
        this.thread = undefined;
      }
    });
    return thread;
  }
}
