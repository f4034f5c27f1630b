import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';

const clientTokensName = 'auth_client_tokens_total';

export const clientTokensProvider = makeCounterProvider({
  name: clientTokensName,
  help: 'Token requests of service accounts, by result',
  labelNames: ['result'],
});

/** Counters of token requests. */
@Injectable()
export class ClientTokensMetrics {
  constructor(@InjectMetric(clientTokensName) readonly tokens: Counter<'result'>) {
    for (const result of ['issued', 'refused', 'throttled']) {
      tokens.inc({ result }, 0);
    }
  }
}
