import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommonConfig } from '../config/common-settings.ts';
import { startMetricsServer, type BuildInfo } from '../metrics/metrics-server.ts';
import { Draining } from './draining.ts';

type LifecycleConfig = Pick<
  CommonConfig,
  'HOST' | 'PORT' | 'METRICS_PORT' | 'SHUTDOWN_DELAY_SECONDS' | 'SHUTDOWN_TIMEOUT_SECONDS'
>;

/** A service that listens. */
export interface RunningService {
  /** Where the public API answers. */
  url: string;
  /** Where `/metrics` answers. */
  metricsUrl: string;
  /**
   * Readiness turns 503, then, after `SHUTDOWN_DELAY_SECONDS`, the port closes, requests in flight finish, and the pool
   * goes last. Calling it again gives the same promise.
   */
  stop: () => Promise<void>;
}

/** Listens on the public port and the metrics port. */
export async function runService(
  app: NestFastifyApplication,
  config: LifecycleConfig,
  build: BuildInfo,
): Promise<RunningService> {
  const draining = app.get(Draining, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();
  let leaving = false;
  fastify.addHook('onSend', async (_request, reply) => {
    if (leaving) {
      // sends keep-alive clients to another replica before the port closes
      reply.header('connection', 'close');
    }
  });
  await app.listen(config.PORT, config.HOST);
  const metrics = await startMetricsServer(config.HOST, config.METRICS_PORT, build);
  const logger = app.get(Logger);
  app.useLogger(logger);
  const url = await reachable(app);
  logger.log({ msg: 'listening', ...build, url });

  const stop = async (): Promise<void> => {
    draining.start();
    leaving = true;
    await sleep(config.SHUTDOWN_DELAY_SECONDS * 1000);
    await app.close();
    await metrics.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    url,
    metricsUrl: `${await reachable(metrics)}/metrics`,
    stop: () => (stopping ??= stop()),
  };
}

/** Stops the service on SIGTERM or SIGINT and ends the process, at the latest after `SHUTDOWN_TIMEOUT_SECONDS`. */
export function stopOnSignals(
  service: Pick<RunningService, 'stop'>,
  config: Pick<LifecycleConfig, 'SHUTDOWN_DELAY_SECONDS' | 'SHUTDOWN_TIMEOUT_SECONDS'>,
): void {
  let ending = false;
  const end = (): void => {
    // a terminal and a package manager may both pass the same Ctrl-C on
    if (ending) {
      return;
    }
    ending = true;
    const limit = config.SHUTDOWN_DELAY_SECONDS + config.SHUTDOWN_TIMEOUT_SECONDS;
    setTimeout(() => {
      process.stderr.write(`The shutdown took longer than ${String(limit)} s and was cut off.\n`);
      process.exit(1);
    }, limit * 1000).unref();
    void service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`The shutdown failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
}

async function reachable(app: NestFastifyApplication): Promise<string> {
  return (await app.getUrl()).replace(/\/\/(0\.0\.0\.0|\[::\]|\[::1\])/, '//127.0.0.1');
}
