import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const checksName = 'auth_breached_password_checks_total';

export const breachChecksProvider = makeCounterProvider({
  name: checksName,
  help: 'Breach checks of passwords by result; after a `failed` check the password is accepted',
  labelNames: ['result'],
});

/** Counters of breach checks. */
@Injectable()
export class BreachedPasswordsMetrics {
  constructor(@InjectMetric(checksName) readonly checks: Counter<'result'>) {
    for (const result of ['found', 'absent', 'failed']) {
      checks.inc({ result }, 0);
    }
  }
}
