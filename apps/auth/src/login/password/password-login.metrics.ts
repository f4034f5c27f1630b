import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const hashUpgradesName = 'auth_hash_upgrades_total';

export const hashUpgradesProvider = makeCounterProvider({
  name: hashUpgradesName,
  help: 'Password hashes that a login replaced by one with the current parameters, by their former algorithm',
  labelNames: ['from'],
});

/** Metrics of logins by password. */
@Injectable()
export class PasswordLoginMetrics {
  constructor(@InjectMetric(hashUpgradesName) readonly hashUpgrades: Counter<'from'>) {}
}
