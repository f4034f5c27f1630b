import { ConfigError } from '../config/config.ts';
import { stopOnSignals, type RunningService } from './run-service.ts';

/** `EX_CONFIG` of sysexits(3): restarting won't help. */
const exitConfig = 78;

/**
 * A service's whole program: reads its settings from the environment, or exits with 78 and all that is wrong with them; starts
 * it, and stops it on SIGTERM or SIGINT.
 */
export async function runMain<Config extends Parameters<typeof stopOnSignals>[1]>(
  load: (environment: NodeJS.ProcessEnv) => Config,
  start: (config: Config) => Promise<RunningService>,
): Promise<void> {
  let config: Config;
  try {
    config = load(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n`);
    process.exit(exitConfig);
  }
  stopOnSignals(await start(config), config);
}
