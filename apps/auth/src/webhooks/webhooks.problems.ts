import { Problem } from '#common';

export const webhookNotFound = new Problem(404, 'webhook_not_found', 'Webhook not found');
export const webhooksFull = new Problem(409, 'webhooks_full', 'There are as many webhooks as are possible; delete one');
export const webhookDisabled = new Problem(409, 'webhook_disabled', 'The webhook is disabled; enable it first');
export const webhookUrlRefused = new Problem(
  400,
  'webhook_url_refused',
  'The URL must be an https:// URL of a public host, or one within WEBHOOK_ALLOWED_NETWORKS',
);
export const deliveryNotFound = new Problem(404, 'webhook_delivery_not_found', 'Delivery not found');
export const deliveryWaiting = new Problem(409, 'webhook_delivery_waiting', 'The delivery is waiting for an attempt');
