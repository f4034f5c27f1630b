import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const checksName = 'auth_mfa_checks_total';

export const mfaChecksProvider = makeCounterProvider({
  name: checksName,
  help: 'Attempts to give a code of an authenticator app or a recovery code, by purpose and result',
  labelNames: ['purpose', 'result'],
});

/** Metrics of second factors. */
@Injectable()
export class MfaMetrics {
  constructor(@InjectMetric(checksName) readonly checks: Counter<'purpose' | 'result'>) {
    for (const purpose of ['login', 'step_up', 'enrolment']) {
      for (const result of ['succeeded', 'failed', 'throttled']) {
        checks.inc({ purpose, result }, 0);
      }
    }
  }
}
