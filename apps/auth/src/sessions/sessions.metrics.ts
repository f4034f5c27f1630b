import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const refreshesName = 'auth_refreshes_total';

export const refreshesProvider = makeCounterProvider({
  name: refreshesName,
  help: 'Refreshes by result; `reused` ones ended their session',
  labelNames: ['result'],
});

/** Counters of what happens to sessions. */
@Injectable()
export class SessionsMetrics {
  constructor(@InjectMetric(refreshesName) readonly refreshes: Counter<'result'>) {
    for (const result of ['rotated', 'repeated', 'reused', 'invalid']) {
      refreshes.inc({ result }, 0);
    }
  }
}
