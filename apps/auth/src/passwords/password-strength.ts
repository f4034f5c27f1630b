import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { hashQueueFull } from './passwords.problems.ts';
import type { NewPassword, StrengthResult } from './password-strength.worker.ts';

const program = join(import.meta.dirname, `password-strength.worker${extname(import.meta.filename)}`);
/** A thread whose check takes longer is replaced. */
const checkMs = 10_000;

/**
 * Checks the strength of passwords in a thread of its own. `minStrength` of `passwords.service.ts` is the threshold. A check takes as
 * long as a hash, and other requests must not wait for it. The thread starts with the first check, because its dictionaries take a
 * third of the service's start and of its memory.
 */
@Injectable()
export class PasswordStrength implements OnApplicationShutdown {
  /** Shared with the metrics. */
  readonly queue: BoundedQueue;
  /** How long a check waits for the dictionaries. On a machine so busy that they take longer, a later check finds them. */
  protected readonly loadMs: number = 10_000;
  private readonly logger = new Logger(PasswordStrength.name);
  /** `loaded` resolves when the dictionaries are. Undefined before the first check, and after a failure until the next one. */
  private thread: { worker: Worker; loaded: Promise<unknown> } | undefined;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.queue = new BoundedQueue(1, config.HASH_QUEUE_MAX, config.HASH_MAX_WAIT_MS);
  }

  /**
   * @param client whose line the check waits in
   * @param personal words that make a password weak, such as the e-mail address
   * @throws ProblemException `hash_queue_full`
   */
  async check(client: string, password: string, personal: string[]): Promise<StrengthResult> {
    // loading takes longer than a check may wait for others
    await this.queue.holdPlace(client, () => this.ready());
    return this.queue.run(client, () => this.ask({ password, personal }));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.thread?.worker.terminate();
  }

  /** The queue runs one check at a time, so that the next message is the result of this one. */
  private async ask(newPassword: NewPassword): Promise<StrengthResult> {
    const thread = await this.ready();
    thread.postMessage(newPassword);
    try {
      const [result] = (await once(thread, 'message', { signal: AbortSignal.timeout(checkMs) })) as [StrengthResult];
      return result;
    } catch (error) {
      this.thread = undefined;
      // not awaited, because V8 can't interrupt every loop
      void thread.terminate();
      throw error;
    }
  }

  /** @throws ProblemException `hash_queue_full` if the thread has not loaded in time */
  private async ready(): Promise<Worker> {
    this.thread ??= this.start();
    const { worker, loaded } = this.thread;
    const wait = new AbortController();
    const late = sleep(this.loadMs, 'late', { signal: wait.signal });
    const outcome = await Promise.race([loaded, late]).finally(() => {
      wait.abort();
    });
    if (outcome === 'late') {
      this.logger.warn('the password strength thread is still loading its dictionaries: the machine is very busy');
      throw hashQueueFull.exception({ retryAfter: 10 });
    }
    return worker;
  }

  private start(): { worker: Worker; loaded: Promise<unknown> } {
    const worker = new Worker(program);
    const thread = { worker, loaded: once(worker, 'message') };
    thread.loaded.catch(() => void worker.terminate());
    worker.on('error', (error: unknown) => {
      this.logger.error({ msg: 'the password strength thread failed', err: error });
    });
    worker.on('exit', () => {
      if (this.thread === thread) {
        this.thread = undefined;
      }
    });
    return thread;
  }
}
