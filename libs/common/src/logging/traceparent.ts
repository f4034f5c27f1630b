const pattern = /^[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-[0-9a-f]{2}$/;

/** Ids of the caller's trace and span. */
export interface TraceIds {
  trace_id?: string;
  parent_id?: string;
}

/** Parses a W3C Trace Context `traceparent` (§3.2.2). Returns no ids if it is malformed or an id is all zeros. */
export function parseTraceparent(header: string | string[] | undefined): TraceIds {
  const groups = typeof header === 'string' ? pattern.exec(header)?.groups : undefined;
  const { traceId = '', parentId = '' } = groups ?? {};
  if (/^0*$/.test(traceId) || /^0*$/.test(parentId) || String(header).startsWith('ff')) {
    return {};
  }
  return { trace_id: traceId, parent_id: parentId };
}
