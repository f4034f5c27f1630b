import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '../config/config.ts';
import type { Tracing } from '../tracing/index.ts';
import { stopOnSignals, type RunningService } from './run-service.ts';

/** `EX_CONFIG` of sysexits(3): restarting won't help. */
const exitConfig = 78;

/**
 * Calls after which V8 compiles a function: a quarter of its own numbers and less. Where requests are few, as logins are, it would
 * take hours until what they run is compiled. Not before the service has started, whose code runs once: that would take a third
 * longer under a limit of half a processor.
 */
const compileSooner = [
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=1000',
  '--minimum-invocations-after-ic-update=100',
];

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
  for (const flag of compileSooner) {
    setFlagsFromString(flag);
  }
  const stop = async (): Promise<void> => {
    await service.stop();
    // traces that can't be delivered are no reason to fail
    await tracing?.stop().catch(() => undefined);
  };
  stopOnSignals({ stop }, config);
}
