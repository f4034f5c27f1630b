import { Injectable } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import { PasswordsService } from './passwords.service.ts';

/** Gauges of the hash queue, read when they are scraped. */
@Injectable()
export class PasswordsMetrics {
  constructor({ queue }: PasswordsService) {
    const name = 'auth_hash_queue';
    // of two applications in one process, as in tests, the later one is shown
    register.removeSingleMetric(name);
    new Gauge({
      name,
      help: 'Password hashes by state',
      labelNames: ['state'],
      collect() {
        this.set({ state: 'running' }, queue.running);
        this.set({ state: 'waiting' }, queue.waiting);
      },
    });
  }
}
