import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { extname, join } from 'node:path';
import { pool } from 'workerpool';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { Judgement, judge } from './password-judge.worker.ts';

/** What none takes; a judge that does is replaced. */
const timeoutMs = 10_000;

/**
 * Judges how strong passwords are, in a thread of its own: it takes as long as a hash, and its dictionaries take as long to load
 * as a tenth of the service, for which requests would wait.
 */
@Injectable()
export class PasswordJudge implements OnApplicationShutdown {
  private readonly threads = pool(join(import.meta.dirname, `password-judge.worker${extname(import.meta.filename)}`), {
    workerType: 'thread',
    minWorkers: 1,
    maxWorkers: 1,
  });
  /** Shared with the metrics. */
  readonly queue: BoundedQueue;

  constructor(@Inject(AUTH_CONFIG) config: AuthConfig) {
    this.queue = new BoundedQueue(1, config.HASH_QUEUE_MAX, config.HASH_MAX_WAIT_MS);
  }

  /**
   * @param personal words that the password must not be built of, such as the e-mail address
   * @throws ProblemException `hash_queue_full`
   */
  judge(password: string, personal: string[]): Promise<Judgement> {
    return this.queue.run(async () =>
      this.threads.exec<typeof judge>('judge', [password, personal]).timeout(timeoutMs),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.threads.terminate(true);
  }
}
