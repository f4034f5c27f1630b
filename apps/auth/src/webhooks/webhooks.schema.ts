import { displayText, instant } from '#common';
import { z } from 'zod';
import { deliveryStates, type Delivery } from './webhook-deliveries.repository.ts';
import { maxDeadLetters, type Endpoint } from './webhook-endpoints.repository.ts';
import { webhookEventTypes } from './webhook-event-types.ts';

const maxUrlLength = 512;
const maxOverlapSeconds = 7 * 24 * 60 * 60;
const defaultOverlapSeconds = 24 * 60 * 60;
const maxPage = 200;
const defaultPage = 50;
export const maxEndpoints = 50;
export const maxReplayed = 1000;

const parse = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);

const url = z
  .string()
  .max(maxUrlLength)
  .refine((text) => {
    const parsed = parse(text);
    return parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.hash === '' && !text.includes('#');
  }, 'must be an https:// URL without fragment')
  .refine((text) => {
    const { username = '', password = '' } = parse(text) ?? {};
    return username === '' && password === '';
  }, 'must not contain a user name or a password')
  .meta({
    description:
      'HTTPS at a public IP address, at any port, unless `WEBHOOK_ALLOWED_NETWORKS` allows others; its host must be a full domain name',
    example: 'https://crm.example.com/hooks/auth',
  });

const eventType = z.enum(webhookEventTypes);

export const endpointSettingsSchema = z
  .object({
    url,
    description: displayText(200).default('webhook'),
    event_types: z
      .array(eventType)
      .min(1)
      .max(webhookEventTypes.length)
      .refine((types) => new Set(types).size === types.length, 'must not contain duplicates')
      .meta({ example: ['account.created', 'account.deleted'] }),
    enabled: z.boolean().default(true),
  })
  .meta({
    id: 'WebhookSettings',
    example: {
      url: 'https://crm.example.com/hooks/auth',
      description: 'CRM',
      event_types: ['account.created', 'account.deleted'],
      enabled: true,
    },
  });

export type EndpointBody = z.output<typeof endpointSettingsSchema>;

export const webhookIdSchema = z.uuid().meta({ description: 'id of the webhook' });
export const deliveryIdSchema = z.uuid().meta({ description: 'id of the delivery, which is its `webhook-id`' });

export const secretRotationSchema = z
  .object({
    overlap_seconds: z.int().min(0).max(maxOverlapSeconds).default(defaultOverlapSeconds).meta({
      description: 'how long messages are signed with the previous secret too',
    }),
  })
  .meta({ id: 'WebhookSecretRotation', example: { overlap_seconds: defaultOverlapSeconds } });

export const deliveryFilterSchema = z.strictObject({
  state: z.enum(deliveryStates).default('failed').meta({ description: '`failed` ones are given up' }),
  limit: z.coerce.number().int().min(1).max(maxPage).default(defaultPage).meta({ description: 'deliveries per page' }),
  after: z.uuid().optional().meta({ description: '`next` of the previous page' }),
});

export const replaySchema = z
  .object({ since: instant.meta({ description: 'when the first of them was queued' }) })
  .meta({ id: 'WebhookReplay', example: { since: '2026-11-25T12:00:00.000Z' } });

export const replayedSchema = z
  .object({
    replayed: z.int().meta({ description: `${String(maxReplayed)} at most; then repeat the request` }),
  })
  .meta({ id: 'WebhookReplayed', description: 'How many deliveries wait again' });

const fields = {
  id: z.uuid(),
  url: z.string(),
  description: z.string(),
  event_types: z.array(z.string()),
  enabled: z.boolean(),
  disabled_reason: z.enum(['admin', 'failing', 'gone']).nullable().meta({
    description: '`failing`: it has refused everything for 5 days; `gone`: it has answered with 410',
  }),
  failing_since: z.iso.datetime().nullable().meta({ description: 'null after a success' }),
  dead_letters: z.int().meta({
    description: `messages that were given up and not replayed; ${String(maxDeadLetters)} stands for more too`,
  }),
  previous_secret_expires_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

export const endpointSchema = z.object(fields).meta({ id: 'Webhook', description: 'A subscriber of events' });

export const endpointListSchema = z
  .object({ webhooks: z.array(endpointSchema) })
  .meta({ id: 'WebhookList', description: `Up to ${String(maxEndpoints)} webhooks, the oldest first` });

const secret = z.string().meta({ description: 'key of the signatures, shown only once' });

export const createdEndpointSchema = z
  .object({ ...fields, secret })
  .meta({ id: 'CreatedWebhook', description: 'A new webhook with its secret' });

export const issuedSecretSchema = z.object({ secret }).meta({ id: 'IssuedWebhookSecret', description: 'A new secret' });

const deliverySchema = z
  .object({
    id: z.uuid().meta({ description: '`webhook-id` of the message' }),
    event_type: z.string(),
    state: z.enum(deliveryStates),
    attempts: z.int(),
    next_attempt_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'WebhookDelivery' });

export const deliveryPageSchema = z
  .object({
    deliveries: z.array(deliverySchema),
    next: z.uuid().nullable().meta({ description: 'value of `after` for the next page; null on the last page' }),
  })
  .meta({ id: 'WebhookDeliveryPage', description: 'A page of deliveries, the oldest first' });

export const queuedSchema = z
  .object({ id: z.uuid().meta({ description: '`webhook-id` of the message' }) })
  .meta({ id: 'QueuedWebhookDelivery', description: 'A message that waits for its delivery' });

const text = (date: Date | null) => date?.toISOString() ?? null;

export const endpointView = (endpoint: Endpoint): z.output<typeof endpointSchema> => ({
  ...endpoint,
  failing_since: text(endpoint.failing_since),
  previous_secret_expires_at: text(endpoint.previous_secret_expires_at),
  created_at: endpoint.created_at.toISOString(),
  updated_at: endpoint.updated_at.toISOString(),
});

export const deliveryView = (delivery: Delivery): z.output<typeof deliverySchema> => ({
  ...delivery,
  next_attempt_at: text(delivery.next_attempt_at),
  finished_at: text(delivery.finished_at),
  created_at: delivery.created_at.toISOString(),
});

export const endpointExample: z.output<typeof endpointSchema> = {
  id: '0199f2c4-9a10-7b2c-8d1e-3c5a7e9f1b20',
  url: 'https://crm.example.com/hooks/auth',
  description: 'CRM',
  event_types: ['account.created', 'account.deleted'],
  enabled: true,
  disabled_reason: null,
  failing_since: null,
  dead_letters: 0,
  previous_secret_expires_at: null,
  created_at: '2026-11-25T12:00:00.000Z',
  updated_at: '2026-11-25T12:00:00.000Z',
};
export const secretExample = { secret: 'whsec_…' };
export const deliveryExample: z.output<typeof deliverySchema> = {
  id: '5d9c7a52-63f1-4d0e-9a43-0c1f2e7b8d16',
  event_type: 'account.deleted',
  state: 'failed',
  attempts: 10,
  next_attempt_at: null,
  finished_at: '2026-11-28T16:00:00.000Z',
  last_status: 500,
  last_error: 'the receiver responded with 500',
  created_at: '2026-11-25T12:00:00.000Z',
};
