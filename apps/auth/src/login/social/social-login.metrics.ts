import { counter, type Counter } from '#common';
import { Injectable } from '@nestjs/common';
import { OidcProviders } from './oidc-providers.ts';

const flowResults = ['started', 'succeeded', 'failed', 'denied', 'refused', 'throttled', 'unavailable'] as const;
export type FlowResult = (typeof flowResults)[number];

export const identityChanges = counter({
  name: 'auth_identity_changes_total',
  help: 'Identities that were linked to accounts or unlinked',
  labels: { change: ['linked', 'unlinked'] },
});

/** Counts flows at the configured OpenID providers. */
@Injectable()
export class SocialLoginMetrics {
  readonly flows: Counter<{ provider: string; result: FlowResult }>;

  constructor(providers: OidcProviders) {
    this.flows = counter({
      name: 'auth_social_flows_total',
      help: 'Flows at OpenID providers, by provider and result',
      labels: { provider: providers.list().map(({ id }) => id), result: flowResults },
    });
  }
}
