import type { FastifyInstance } from 'fastify';
import { Histogram, openMetricsContentType, register, type OpenMetricsContentType, type Registry } from 'prom-client';
import { parseTraceparent } from '../logging/traceparent.ts';

// the older text format has no exemplars
(register as unknown as Registry<OpenMetricsContentType>).setContentType(openMetricsContentType);

const duration = new Histogram<'method' | 'route' | 'status' | 'trace_id'>({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests by method, route template and status',
  labelNames: ['method', 'route', 'status'],
  enableExemplars: true,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/**
 * Observes every response by method, route template and status: rate, errors and duration in one histogram. Each bucket keeps
 * the last request's trace id as an exemplar.
 */
export function observeRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    // the template, never the address itself: the number of series stays bounded
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const method = request.is404 ? 'any' : request.method;
    const { trace_id } = parseTraceparent(request.headers['traceparent']);
    duration.observe({
      labels: { method, route, status: reply.statusCode },
      value: reply.elapsedTime / 1000,
      ...(trace_id !== undefined && { exemplarLabels: { trace_id } }),
    });
    done();
  });
}
