import { gauge } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Gauges of the signing key, read at each scrape. */
@Injectable()
export class SigningKeysMetrics {
  constructor(keys: SigningKeysService, @Inject(AUTH_CONFIG) config: AuthConfig) {
    gauge({
      name: 'auth_signing_key_active_since_timestamp_seconds',
      help: 'Unix time since which the current signing key has been active; 0 if there is none',
      collect: (set) => set((keys.activeSince()?.getTime() ?? 0) / 1000),
    });
    gauge({
      name: 'auth_signing_key_rotation_interval_seconds',
      help: 'Age at which a signing key is rotated',
      collect: (set) => set(config.KEY_ROTATION_INTERVAL_SECONDS),
    });
  }
}
