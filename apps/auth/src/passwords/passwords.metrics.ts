import { Injectable } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import type { BoundedQueue } from './bounded-queue.ts';
import { PasswordStrength } from './password-strength.ts';
import { PasswordsService } from './passwords.service.ts';

/** Gauges of the queues, read at each scrape. */
@Injectable()
export class PasswordsMetrics {
  constructor(passwords: PasswordsService, strength: PasswordStrength) {
    gauge('auth_hash_queue', 'Password hashes by state', passwords.queue);
    gauge('auth_judge_queue', 'Strength checks of new passwords by state', strength.queue);
  }
}

function gauge(name: string, help: string, queue: BoundedQueue): void {
  // tests run several applications in one process: the latest one counts
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    labelNames: ['state'],
    collect() {
      this.set({ state: 'running' }, queue.running);
      this.set({ state: 'waiting' }, queue.waiting);
    },
  });
}
