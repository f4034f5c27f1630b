const pattern = /^[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-[0-9a-f]{2}$/;

/** A request's place in its caller's trace. */
export interface TraceIds {
  trace_id?: string;
  parent_id?: string;
}

/** Reads a W3C Trace Context `traceparent` (§3.2.2); nothing of one that is malformed or all zeros. */
export function parseTraceparent(header: string | string[] | undefined): TraceIds {
  const groups = typeof header === 'string' ? pattern.exec(header)?.groups : undefined;
  const { traceId = '', parentId = '' } = groups ?? {};
  if (/^0*$/.test(traceId) || /^0*$/.test(parentId) || String(header).startsWith('ff')) {
    return {};
  }
  return { trace_id: traceId, parent_id: parentId };
}
