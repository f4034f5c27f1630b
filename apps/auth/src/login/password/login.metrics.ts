import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const loginsName = 'auth_logins_total';

export const loginsProvider = makeCounterProvider({
  name: loginsName,
  help: 'Logins by result',
  labelNames: ['result'],
});

const hashUpgradesName = 'auth_hash_upgrades_total';

export const hashUpgradesProvider = makeCounterProvider({
  name: hashUpgradesName,
  help: 'Password hashes that a login replaced by one of today’s parameters, by the algorithm they were made by',
  labelNames: ['from'],
});

/** Counters of what becomes of logins. */
@Injectable()
export class LoginMetrics {
  constructor(
    @InjectMetric(loginsName) readonly logins: Counter<'result'>,
    @InjectMetric(hashUpgradesName) readonly hashUpgrades: Counter<'from'>,
  ) {
    for (const result of ['succeeded', 'mfa_required', 'failed', 'throttled', 'unavailable']) {
      logins.inc({ result }, 0);
    }
  }
}
