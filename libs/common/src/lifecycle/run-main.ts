import { ConfigError } from '../config/config.ts';
import type { Tracing } from '../tracing/index.ts';
import { stopOnSignals, type RunningService } from './run-service.ts';

/** `EX_CONFIG` of sysexits(3): restarting won't help. */
const exitConfig = 78;

/**
 * A service's whole program: reads its settings from the environment, or exits with 78 and all that is wrong with them; starts
 * it, and stops it on SIGTERM or SIGINT.
 * @param tracing what was begun before anything that it traces was loaded
 */
export async function runMain<Config extends Parameters<typeof stopOnSignals>[1]>(
  load: (environment: NodeJS.ProcessEnv) => Config,
  start: (config: Config) => Promise<RunningService>,
  tracing?: Tracing,
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
  const service = await start(config);
  const stop = async (): Promise<void> => {
    await service.stop();
    // traces that can't be delivered are no reason to fail
    await tracing?.stop().catch(() => undefined);
  };
  stopOnSignals({ stop }, config);
}
