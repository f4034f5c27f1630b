import { context, propagation, trace, TraceFlags, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { getRPCMetadata, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { FastifyInstance } from 'fastify';
import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';

/** A running trace exporter. */
export interface Tracing {
  /** Sends the remaining spans and stops. */
  stop: () => Promise<void>;
}

/**
 * Sends spans of requests, statements and `fetch` calls as OTLP/HTTP to `OTEL_EXPORTER_OTLP_ENDPOINT`.
 * @param service `service.name` of the traces
 * @param ratio fraction of new traces that are sent (0 to 1); a caller's sampling decision is kept
 */
export function startOpenTelemetry(service: string, ratio: number): Tracing {
  const provider = new TracerProvider({
    resource: defaultResource()
      // OTEL_RESOURCE_ATTRIBUTES
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
      // the host's name is the pod's
      .merge(resourceFromAttributes({ 'service.name': service, 'host.name': hostname() })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url = '' }) => /^\/(health\/|metrics)/.test(url),
        // query strings may contain secrets
        startIncomingSpanHook: () => ({ 'url.query': '' }),
        requestHook: replaceTraceparent,
        // its spans would name whole URLs, also those of webhooks
        disableOutgoingRequestInstrumentation: true,
      }),
      new PgInstrumentation({ requireParentSpan: true }),
      new UndiciInstrumentation({
        requireParentforSpans: true,
        startSpanHook: ({ path }) => ({ 'url.query': '', 'url.full': path.split('?', 1)[0] }),
      }),
    ],
  });
  subscribe('fastify.initialization', (message) => {
    nameByRoute((message as { fastify: FastifyInstance }).fastify);
  });
  return { stop: () => provider.shutdown() };
}

/** Replaces the request's `traceparent`, from which logs and exemplars take their ids, with that of the server span. */
function replaceTraceparent(span: Span, request: unknown): void {
  if (request instanceof IncomingMessage) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    request.headers['traceparent'] = `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
  }
}

/** Sets a span's name and `http.route` to the route template instead of the URL. */
function nameByRoute(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request) => {
    const metadata = getRPCMetadata(context.active());
    if (metadata && request.routeOptions.url !== undefined) {
      metadata.route = request.routeOptions.url;
    }
  });
}
