import { counter } from '#common';

/** Mails by what became of them. */
export const mails = counter({
  name: 'auth_mails_total',
  help: 'Attempts to send a mail, by result; `failed` means refused for good, `expired` that its link had expired, `limited` that its recipient had got too many',
  labels: { result: ['sent', 'retried', 'failed', 'expired', 'limited'] },
});
