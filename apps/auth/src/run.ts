import { runMain } from '#common';
import type { Tracing } from '#tracing';
import { loadAuthConfig } from './config.ts';
import { startService } from './service.ts';

/** Runs the service until it is told to stop. */
export const run = (tracing: Tracing | undefined): Promise<void> => runMain(loadAuthConfig, startService, tracing);
