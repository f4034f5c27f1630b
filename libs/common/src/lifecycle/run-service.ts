import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommonConfig } from '../config/common-settings.ts';
import { startMetricsServer, type BuildInfo } from '../metrics/metrics-server.ts';
import { Draining } from './draining.ts';
import { listenAddress } from './listen-address.ts';

type LifecycleConfig = Pick<
  CommonConfig,
  'HOST' | 'PORT' | 'METRICS_PORT' | 'SHUTDOWN_DELAY_SECONDS' | 'SHUTDOWN_TIMEOUT_SECONDS'
>;

/** A service that accepts requests. */
export interface RunningService {
  /** URL of the public API. */
  url: string;
  /** URL of `/metrics`. */
  metricsUrl: string;
  /**
   * Shuts down gracefully: readiness turns 503; after `SHUTDOWN_DELAY_SECONDS` the port closes; in-flight requests finish; the
   * connection pool closes last. Further calls return the same promise.
   */
  stop: () => Promise<void>;
}

/**
 * Starts listening on the public port and on the metrics port.
 * @param build labels of the `build_info` metric
 */
export async function runService(
  app: NestFastifyApplication,
  config: LifecycleConfig,
  build: BuildInfo,
): Promise<RunningService> {
  const draining = app.get(Draining, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();
  let closing = false;
  fastify.addHook('onSend', async (_request, reply) => {
    if (closing) {
      // moves keep-alive clients to another replica before the port closes
      reply.header('connection', 'close');
    }
  });
  const address = await listenAddress(config.HOST);
  await app.listen(config.PORT, address);
  const metrics = await startMetricsServer(address, config.METRICS_PORT, build);
  const logger = app.get(Logger);
  app.useLogger(logger);
  const url = await reachable(app);
  logger.log({ msg: 'listening', ...build, url });

  const stop = async (): Promise<void> => {
    draining.start();
    closing = true;
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

/**
 * Stops the service on SIGTERM or SIGINT, then exits with 0. Exits with 1 if that fails or takes longer than
 * `SHUTDOWN_DELAY_SECONDS` and `SHUTDOWN_TIMEOUT_SECONDS` together.
 */
export function stopOnSignals(
  service: Pick<RunningService, 'stop'>,
  config: Pick<LifecycleConfig, 'SHUTDOWN_DELAY_SECONDS' | 'SHUTDOWN_TIMEOUT_SECONDS'>,
): void {
  let ending = false;
  const end = (): void => {
    // a terminal and a package manager may both forward the same Ctrl-C
    if (ending) {
      return;
    }
    ending = true;
    const limit = config.SHUTDOWN_DELAY_SECONDS + config.SHUTDOWN_TIMEOUT_SECONDS;
    setTimeout(() => {
      process.stderr.write(`Shutdown aborted: it took longer than ${String(limit)} s.\n`);
      process.exit(1);
    }, limit * 1000).unref();
    void service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Shutdown failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
}

/** The URL that the application listens on, with a loopback address for a wildcard one. */
async function reachable(app: NestFastifyApplication): Promise<string> {
  return (await app.getUrl()).replace(/\/\/(0\.0\.0\.0|\[::\]|\[::1\])/, '//127.0.0.1');
}
