import type { Tracing } from './open-telemetry.ts';

export type { Tracing };

/**
 * Starts tracing HTTP and PostgreSQL if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Call it before loading other modules, because
 * libraries are instrumented while they load.
 * @param service `service.name` of the traces
 * @returns undefined if no endpoint is set; the OpenTelemetry SDK is then not loaded
 */
export async function startTracing(environment: NodeJS.ProcessEnv, service: string): Promise<Tracing | undefined> {
  const endpoint = environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  // loadConfig reports an invalid URL together with all other problems
  if (!endpoint || !URL.canParse(endpoint)) {
    return undefined;
  }
  const { startOpenTelemetry } = await import('./open-telemetry.ts');
  return startOpenTelemetry(service, Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? '1'));
}
