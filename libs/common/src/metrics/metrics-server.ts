import { Controller, Get, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { PrometheusController, PrometheusModule } from '@willsoto/nestjs-prometheus';
import type { FastifyReply } from 'fastify';
import { Gauge } from 'prom-client';

/** `GET /metrics` in Prometheus' text format. */
@Controller()
class MetricsController extends PrometheusController {
  @Get()
  override async index(@Res({ passthrough: true }) response: FastifyReply): Promise<string> {
    return super.index(response);
  }
}

@Module({ imports: [PrometheusModule.register({ path: '/metrics', controller: MetricsController })] })
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
export async function startMetricsServer(host: string, port: number, build: BuildInfo): Promise<NestFastifyApplication> {
  new Gauge({
    name: 'build_info',
    help: 'Always 1; the labels tell what runs',
    labelNames: ['service', 'version', 'node'],
  }).set({ ...build, node: process.version }, 1);
  const app = await NestFactory.create<NestFastifyApplication>(MetricsServerModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  await app.listen(port, host);
  return app;
}
