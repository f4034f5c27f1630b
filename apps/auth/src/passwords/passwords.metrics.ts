import { gauge } from '#common';
import { Injectable } from '@nestjs/common';
import type { BoundedQueue } from './bounded-queue.ts';
import { PasswordStrength } from './password-strength.ts';
import { PasswordsService } from './passwords.service.ts';

/** Gauges of the queues, read at each scrape. */
@Injectable()
export class PasswordsMetrics {
  constructor(passwords: PasswordsService, strength: PasswordStrength) {
    queueGauge('auth_hash_queue', 'Password hashes by state', passwords.queue);
    queueGauge('auth_judge_queue', 'Strength checks of new passwords by state', strength.queue);
  }
}

function queueGauge(name: string, help: string, queue: BoundedQueue): void {
  gauge({
    name,
    help,
    labels: ['state'],
    collect: (set) => {
      set(queue.running, { state: 'running' });
      set(queue.waiting, { state: 'waiting' });
    },
  });
}
