import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const loginsName = 'auth_logins_total';

export const loginsProvider = makeCounterProvider({
  name: loginsName,
  help: 'Logins by result',
  labelNames: ['result'],
});

/** Metrics of all ways to log in. */
@Injectable()
export class LoginMetrics {
  constructor(@InjectMetric(loginsName) readonly logins: Counter<'result'>) {
    for (const result of ['succeeded', 'mfa_required', 'failed', 'throttled', 'unavailable']) {
      logins.inc({ result }, 0);
    }
  }
}
