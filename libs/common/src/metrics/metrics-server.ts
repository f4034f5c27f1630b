import { Controller, Get, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { getToken, makeGaugeProvider, PrometheusController, PrometheusModule } from '@willsoto/nestjs-prometheus';
import type { FastifyReply } from 'fastify';
import type { Gauge } from 'prom-client';

/** `GET /metrics` as OpenMetrics text: the older format has no exemplars. */
@Controller()
class MetricsController extends PrometheusController {
  @Get()
  override async index(@Res({ passthrough: true }) response: FastifyReply): Promise<string> {
    return super.index(response);
  }
}

const buildInfo = 'build_info';

@Module({
  imports: [PrometheusModule.register({ path: '/metrics', controller: MetricsController })],
  providers: [
    makeGaugeProvider({
      name: buildInfo,
      help: 'Always 1; the labels tell what runs',
      labelNames: ['service', 'version', 'node'],
    }),
  ],
})
class MetricsServerModule {}

/** What `build_info` tells of the running program. */
export interface BuildInfo {
  service: string;
  version: string;
}

/**
 * Serves `/metrics` on a port of its own, so that the public port never does.
 * @param build labels of the `build_info` gauge
 */
export async function startMetricsServer(
  host: string,
  port: number,
  build: BuildInfo,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(MetricsServerModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  app.get<Gauge>(getToken(buildInfo)).set({ ...build, node: process.version }, 1);
  await app.listen(port, host);
  return app;
}
