import { instant } from '#common';
import { z } from 'zod';

const maxPage = 200;
const defaultPage = 50;

const id = z.uuid();

const filters = {
  type: z
    .string()
    .regex(/^[a-z][a-z_.]{0,63}(,[a-z][a-z_.]{0,63}){0,9}$/, 'must be event types')
    .optional()
    .meta({ description: 'event type, or up to 10 of them, comma-separated', example: 'login.failed' }),
  account_id: id
    .optional()
    .meta({ description: 'account or service account that acted or was affected: everything about it' }),
  actor_id: id.optional().meta({ description: 'account or service account that acted' }),
  subject_id: id.optional().meta({ description: 'account or service account that was affected' }),
  from: instant.optional().meta({ description: 'start of the period, inclusive', example: '2026-11-01T00:00:00Z' }),
  until: instant.optional().meta({ description: 'end of the period, exclusive', example: '2026-12-01T00:00:00Z' }),
};

export const auditFilterSchema = z
  .strictObject({
    ...filters,
    limit: z.coerce.number().int().min(1).max(maxPage).default(defaultPage).meta({ description: 'events per page' }),
    after: id.optional().meta({ description: '`next` of the previous page' }),
    since: id.optional().meta({
      description:
        'id of an event: returns those that are newer, the oldest first, to follow the trail. An event appears when its ' +
        'transaction commits, so poll with an event that is some seconds old and skip the ids that you have. Not together with `after`',
    }),
  })
  .refine(({ after, since }) => after === undefined || since === undefined, {
    path: ['since'],
    message: 'must not stand together with after',
  });

export const auditExportSchema = z.strictObject({
  ...filters,
  format: z
    .enum(['csv', 'ndjson'])
    .default('ndjson')
    .meta({ description: 'one CSV record or one line of JSON per event' }),
});

/** Selects events. */
export type AuditFilter = Omit<z.output<typeof auditFilterSchema>, 'limit' | 'after' | 'since'>;

const auditEventSchema = z.object({
  id: z.uuid(),
  occurred_at: z.iso.datetime(),
  type: z.string(),
  actor_id: z.uuid().nullable().meta({
    description: 'account or service account that acted; null for unauthenticated requests and the service itself',
  }),
  subject_id: z.uuid().nullable(),
  address: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

export type AuditEventView = z.output<typeof auditEventSchema>;

/** The columns of an event, in the order of an export. */
export const auditColumns = [
  'id',
  'occurred_at',
  'type',
  'actor_id',
  'subject_id',
  'address',
  'user_agent',
  'request_id',
  'detail',
] as const satisfies (keyof AuditEventView)[];

export const auditPageSchema = z
  .object({
    events: z.array(auditEventSchema),
    next: z
      .uuid()
      .nullable()
      .meta({ description: 'value of `after`, or of `since`, for the next page; null on the last page' }),
  })
  .meta({ id: 'AuditPage', description: 'A page of events, the latest first; with `since` the oldest first' });

export const auditEventExample: AuditEventView = {
  id: '0199f2c4-8d02-7f4b-b1a6-5e3c9d7f2a40',
  occurred_at: '2026-11-25T12:00:00.000Z',
  type: 'login.failed',
  actor_id: null,
  subject_id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
  address: '192.0.2.7',
  user_agent: 'curl/8.14.1',
  request_id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a11',
  detail: {},
};
