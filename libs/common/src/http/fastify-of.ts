import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** The Fastify instance of an application; undefined in a program without an HTTP server, such as the command line. */
export function fastifyOf(host: HttpAdapterHost): FastifyInstance | undefined {
  const adapter = host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
  return adapter?.getInstance<FastifyInstance>();
}
