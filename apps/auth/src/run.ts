import { runMain } from '#common';
import type { Tracing } from '#tracing';
import { loadAuthConfig, type AuthConfig } from './config.ts';
import { makeThreads } from './passwords/index.ts';
import { startService } from './service.ts';

/** Runs the service until it is told to stop. */
export const run = (tracing: Tracing | undefined): Promise<void> => runMain(loadAuthConfig, start, tracing);

function start(config: AuthConfig) {
  makeThreads(config.HASH_CONCURRENCY);
  return startService(config);
}
