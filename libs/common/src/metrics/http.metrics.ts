import type { FastifyInstance } from 'fastify';
import { Histogram, openMetricsContentType, register, type OpenMetricsContentType, type Registry } from 'prom-client';
import { parseTraceparent } from '../logging/traceparent.ts';

// exemplars need OpenMetrics; the older text format has none
(register as unknown as Registry<OpenMetricsContentType>).setContentType(openMetricsContentType);

const duration = new Histogram<'method' | 'route' | 'status' | 'trace_id'>({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests by method, route template and status',
  labelNames: ['method', 'route', 'status'],
  enableExemplars: true,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/**
 * Records rate, errors and duration of all requests in one histogram. Each bucket keeps the trace id of its last request as an
 * exemplar.
 */
export function observeRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    // the route template, not the URL, keeps the number of series bounded
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
