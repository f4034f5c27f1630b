import { counter } from '#common';

export const deliveries = counter({
  name: 'auth_webhook_deliveries_total',
  help: 'Attempts to deliver an event to a webhook, by result; `failed` means given up',
  labels: { result: ['delivered', 'retried', 'failed'] },
});
