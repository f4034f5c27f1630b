import { counter } from '#common';

/** Counts the logins of all kinds. */
export const loginResults = counter({
  name: 'auth_logins_total',
  help: 'Logins by result',
  labels: { result: ['succeeded', 'mfa_required', 'failed', 'throttled', 'unavailable'] },
});
