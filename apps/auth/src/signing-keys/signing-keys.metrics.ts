import { Inject, Injectable } from '@nestjs/common';
import { Gauge, register } from 'prom-client';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Gauges of the signing key, read when they are scraped. */
@Injectable()
export class SigningKeysMetrics {
  constructor(keys: SigningKeysService, @Inject(AUTH_CONFIG) config: AuthConfig) {
    const since = 'auth_signing_key_active_since_timestamp_seconds';
    const interval = 'auth_signing_key_rotation_interval_seconds';
    for (const name of [since, interval]) {
      // of two applications in one process, as in tests, the later one is shown
      register.removeSingleMetric(name);
    }
    new Gauge({
      name: since,
      help: 'When the key that signs access tokens began to; 0 while there is none',
      collect() {
        this.set((keys.activeSince()?.getTime() ?? 0) / 1000);
      },
    });
    new Gauge({ name: interval, help: 'Age at which a signing key gets its successor' }).set(
      config.KEY_ROTATION_INTERVAL_SECONDS,
    );
  }
}
