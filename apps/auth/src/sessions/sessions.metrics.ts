import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const refreshesName = 'auth_refreshes_total';

export const refreshesProvider = makeCounterProvider({
  name: refreshesName,
  help: 'Token refreshes by result; `reused` counts sessions that ended because a used token came again',
  labelNames: ['result'],
});

/** Metrics of sessions. */
@Injectable()
export class SessionsMetrics {
  constructor(@InjectMetric(refreshesName) readonly refreshes: Counter<'result'>) {
    for (const result of ['rotated', 'repeated', 'reused', 'invalid']) {
      refreshes.inc({ result }, 0);
    }
  }
}
