import type { Tracing } from './open-telemetry.ts';

export type { Tracing };

/**
 * Traces HTTP and PostgreSQL if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. What is traced must be loaded afterwards: libraries are
 * instrumented as they are loaded.
 * @param service `service.name` of the traces
 * @returns undefined without an endpoint: no part of OpenTelemetry's SDK is loaded then
 */
export async function startTracing(environment: NodeJS.ProcessEnv, service: string): Promise<Tracing | undefined> {
  const endpoint = environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  // what is no URL is reported with all other mistakes in the settings
  if (!endpoint || !URL.canParse(endpoint)) {
    return undefined;
  }
  const { startOpenTelemetry } = await import('./open-telemetry.ts');
  return startOpenTelemetry(service, Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? '1'));
}
