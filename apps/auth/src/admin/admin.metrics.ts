import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const actionsName = 'auth_admin_actions_total';

export const adminActionsProvider = makeCounterProvider({
  name: actionsName,
  help: 'What admins did to accounts, by the type of event in the audit trail',
  labelNames: ['type'],
});

/** All that admins do to accounts. */
export const adminActions = [
  'account.created',
  'account.deleted',
  'account.disabled',
  'account.enabled',
  'account.invited',
  'account.roles_changed',
  'mfa.reset',
  'password.reset_forced',
  'session.revoked',
] as const;
export type AdminAction = (typeof adminActions)[number];

/** Counters of what admins do. */
@Injectable()
export class AdminMetrics {
  constructor(@InjectMetric(actionsName) readonly actions: Counter<'type'>) {
    for (const type of adminActions) {
      actions.inc({ type }, 0);
    }
  }
}
