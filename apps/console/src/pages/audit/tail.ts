import type { AuditPage } from '#client';
import { api, orThrow } from '../../api.ts';
import type { AuditQuery } from './filter.ts';

export type AuditEvent = AuditPage['events'][number];

/** Events that a page shows at most while it follows the log. */
export const maxLiveEvents = 200;
const pageSize = 200;
/** Pages that are read per poll: a log that grows faster is followed with a delay. */
const maxPages = 5;
/** An event appears when its transaction commits, so that one can appear before an older one. */
const settledMs = 15_000;

export interface Tail {
  /** The latest first. */
  events: AuditEvent[];
  /** The event after which the next poll reads. */
  anchor: string | undefined;
  /** Events that a later page may return again. */
  seen: AuditEvent[];
}

const read = (query: AuditQuery, signal: AbortSignal) =>
  orThrow(api.GET('/auth/admin/audit', { params: { query }, signal }));

/** The latest of some events, sorted by age, that no older event can still join. */
function settled(events: AuditEvent[]): AuditEvent | undefined {
  const latest = Math.max(...events.map(({ occurred_at }) => Date.parse(occurred_at)));
  return events.findLast(({ occurred_at }) => Date.parse(occurred_at) < latest - settledMs) ?? events[0];
}

/**
 * Reads what is new since the last poll.
 * @param last what the last poll has returned; the first one begins with now
 */
export async function follow(query: AuditQuery, last: Tail | undefined, signal: AbortSignal): Promise<Tail> {
  if (last?.anchor === undefined) {
    // any events do as a beginning, also those that the filter leaves out
    const { events } = await read({ limit: pageSize }, signal);
    const seen = events.toReversed();
    return { events: [], anchor: settled(seen)?.id, seen };
  }
  let { events, anchor, seen } = last;
  for (let page = 0; page < maxPages; page++) {
    const { events: found, next } = await read({ ...query, since: anchor, limit: pageSize }, signal);
    const known = new Set(seen.map(({ id }) => id));
    const added = found.filter(({ id }) => !known.has(id));
    events = [...added.toReversed(), ...events].slice(0, maxLiveEvents);
    if (next !== null) {
      anchor = next;
      seen = found;
      continue;
    }
    const from = found.length > 0 ? settled(found) : undefined;
    return {
      events,
      anchor: from && from !== found[0] ? from.id : anchor,
      seen: [...seen, ...added].slice(-pageSize * 2),
    };
  }
  return { events, anchor, seen };
}
