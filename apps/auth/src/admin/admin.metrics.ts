import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const actionsName = 'auth_admin_actions_total';

export const adminActionsProvider = makeCounterProvider({
  name: actionsName,
  help: 'Changes that admins made to accounts, by audit event',
  labelNames: ['type'],
});

/** Every change that an admin can make, by its audit event. */
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

/** Counts what admins do. */
@Injectable()
export class AdminMetrics {
  constructor(@InjectMetric(actionsName) readonly actions: Counter<'type'>) {
    for (const type of adminActions) {
      actions.inc({ type }, 0);
    }
  }
}
