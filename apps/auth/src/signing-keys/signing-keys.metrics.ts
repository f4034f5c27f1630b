import { Inject, Injectable } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Gauges of the signing key, read at each scrape. */
@Injectable()
export class SigningKeysMetrics {
  constructor(keys: SigningKeysService, @Inject(AUTH_CONFIG) config: AuthConfig) {
    const since = 'auth_signing_key_active_since_timestamp_seconds';
    const interval = 'auth_signing_key_rotation_interval_seconds';
    for (const name of [since, interval]) {
      // tests run several applications in one process: the latest one counts
      register.removeSingleMetric(name);
    }
    new Gauge({
      name: since,
      help: 'Unix time since which the current signing key has been active; 0 if there is none',
      collect() {
        this.set((keys.activeSince()?.getTime() ?? 0) / 1000);
      },
    });
    new Gauge({ name: interval, help: 'Age at which a signing key is rotated' }).set(
      config.KEY_ROTATION_INTERVAL_SECONDS,
    );
  }
}
