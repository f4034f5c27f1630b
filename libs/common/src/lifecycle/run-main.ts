import { flushCompileCache } from 'node:module';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '../config/config.ts';
import { withoutParameters } from '../logging/error-serializer.ts';
import type { Tracing } from '../tracing/index.ts';
import { stopOnSignals, type RunningService } from './run-service.ts';

/** `EX_CONFIG` of sysexits(3): a restart does not help. */
const exitConfig = 78;
/** 128 and the number of SIGTERM, as shells have it. */
const exitTerminated = 143;

/**
 * Makes V8 optimise functions after a quarter of the default number of calls or fewer. With the defaults, rarely called code
 * such as the login would stay unoptimised for hours. Set after startup, because startup code runs once: optimising it makes
 * startup a third slower with half a CPU.
 */
const compileSooner = [
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=1000',
  '--minimum-invocations-after-ic-update=100',
];

/**
 * Loads settings. If they are not valid, prints all problems and exits with 78.
 * @param load throws `ConfigError`
 */
export function loadOrExit<Config>(load: () => Config): Config {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n`);
    process.exit(exitConfig);
  }
}

/**
 * Runs a service: loads its settings, starts it, and stops it on SIGTERM or SIGINT. Invalid settings are printed and the process
 * exits with 78.
 * @param load reads the settings from the environment; throws `ConfigError`
 * @param start starts the service
 * @param tracing running since before the service's modules were loaded; stopped last
 */
export async function runMain<Config extends Parameters<typeof stopOnSignals>[1]>(
  load: (environment: NodeJS.ProcessEnv) => Config,
  start: (config: Config) => Promise<RunningService>,
  tracing?: Tracing,
): Promise<void> {
  // Node.js would print the parameters of a statement that failed
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${inspect(withoutParameters(error))}\n`);
    process.exit(1);
  });
  const config = loadOrExit(() => load(process.env));
  // the first process of a container ignores signals that nothing handles, and a start may wait for the database
  const terminated = () => process.exit(exitTerminated);
  process.once('SIGTERM', terminated);
  const service = await start(config);
  for (const flag of compileSooner) {
    setFlagsFromString(flag);
  }
  // if NODE_COMPILE_CACHE is set; otherwise it would be written at the exit, which the next process waits for in live coding
  flushCompileCache();
  const stop = async (): Promise<void> => {
    await service.stop();
    // undelivered traces must not fail the shutdown
    await tracing?.stop().catch(() => undefined);
  };
  process.off('SIGTERM', terminated);
  stopOnSignals({ stop }, config);
}
