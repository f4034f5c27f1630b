import { Injectable } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import type { BoundedQueue } from './bounded-queue.ts';
import { PasswordStrength } from './password-strength.ts';
import { PasswordsService } from './passwords.service.ts';

/** Gauges of the queues, read when they are scraped. */
@Injectable()
export class PasswordsMetrics {
  constructor(passwords: PasswordsService, judge: PasswordStrength) {
    gauge('auth_hash_queue', 'Password hashes by state', passwords.queue);
    gauge('auth_judge_queue', 'New passwords whose strength is judged, by state', judge.queue);
  }
}

function gauge(name: string, help: string, queue: BoundedQueue): void {
  // of two applications in one process, as in tests, the later one is shown
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
