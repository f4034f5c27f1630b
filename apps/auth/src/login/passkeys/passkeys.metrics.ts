import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const ceremoniesName = 'auth_passkey_ceremonies_total';

export const passkeyCeremoniesProvider = makeCounterProvider({
  name: ceremoniesName,
  help: 'Passkey registrations and logins by result; `cloned` counts logins whose signature counter did not rise',
  labelNames: ['ceremony', 'result'],
});

/** Metrics of passkeys. */
@Injectable()
export class PasskeysMetrics {
  constructor(@InjectMetric(ceremoniesName) readonly ceremonies: Counter<'ceremony' | 'result'>) {
    for (const [ceremony, results] of Object.entries({
      registration: ['succeeded', 'failed'],
      login: ['succeeded', 'failed', 'cloned', 'throttled'],
    })) {
      for (const result of results) {
        ceremonies.inc({ ceremony, result }, 0);
      }
    }
  }
}
