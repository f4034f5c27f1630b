import { Controller, Get, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { collectDefaultMetrics, register } from 'prom-client';
import { gauge } from './metrics.ts';

collectDefaultMetrics();

/** `GET /metrics` as OpenMetrics text. */
@Controller('metrics')
class MetricsController {
  @Get()
  async index(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', register.contentType);
    return register.metrics();
  }
}

@Module({ controllers: [MetricsController] })
class MetricsServerModule {}

/** Labels of the `build_info` metric. */
export interface BuildInfo {
  service: string;
  version: string;
}

/**
 * Serves `/metrics` on a separate port, so that it is never reachable through the public one.
 * @param build labels of the `build_info` metric
 */
export async function startMetricsServer(
  host: string,
  port: number,
  build: BuildInfo,
): Promise<NestFastifyApplication> {
  gauge({
    name: 'build_info',
    help: 'Always 1; the labels identify the running build',
    labels: ['service', 'version', 'node'],
    collect: (set) => set(1, { ...build, node: process.version }),
  });
  const app = await NestFactory.create<NestFastifyApplication>(MetricsServerModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  await app.listen(port, host);
  return app;
}
