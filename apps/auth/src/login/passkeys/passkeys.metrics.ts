import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const ceremoniesName = 'auth_passkey_ceremonies_total';

export const passkeyCeremoniesProvider = makeCounterProvider({
  name: ceremoniesName,
  help: 'Registrations of passkeys and logins by them, by result; `cloned` ones had a counter that went back',
  labelNames: ['ceremony', 'result'],
});

/** Counters of what becomes of passkeys. */
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
