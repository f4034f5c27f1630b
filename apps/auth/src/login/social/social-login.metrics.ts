import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { OidcProviders } from './oidc-providers.ts';

const flowsName = 'auth_social_flows_total';
const identitiesName = 'auth_identity_changes_total';

export const flowsProvider = makeCounterProvider({
  name: flowsName,
  help: 'Flows at identity providers, by provider and result',
  labelNames: ['provider', 'result'],
});

export const identitiesProvider = makeCounterProvider({
  name: identitiesName,
  help: 'Identities that were linked to accounts or unlinked',
  labelNames: ['change'],
});

/** Metrics of flows at identity providers, and of identities. */
@Injectable()
export class SocialLoginMetrics {
  constructor(
    @InjectMetric(flowsName) readonly flows: Counter<'provider' | 'result'>,
    @InjectMetric(identitiesName) readonly identities: Counter<'change'>,
    providers: OidcProviders,
  ) {
    for (const { id: provider } of providers.list()) {
      for (const result of ['started', 'succeeded', 'failed', 'denied', 'refused', 'throttled', 'unavailable']) {
        flows.inc({ provider, result }, 0);
      }
    }
    for (const change of ['linked', 'unlinked']) {
      identities.inc({ change }, 0);
    }
  }
}
