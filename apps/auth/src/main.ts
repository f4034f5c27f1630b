import { runMain } from '#common';
import { loadAuthConfig } from './config.ts';
import { startService } from './service.ts';

await runMain(loadAuthConfig, startService);
