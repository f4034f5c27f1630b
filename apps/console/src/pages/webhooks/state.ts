import type { Webhook } from '#client';

/** Whether a webhook gets messages, and why not. */
export function stateOf({ enabled, disabled_reason, failing_since }: Webhook) {
  if (!enabled) {
    return disabled_reason ?? 'admin';
  }
  return failing_since === null ? 'enabled' : 'refusing';
}
