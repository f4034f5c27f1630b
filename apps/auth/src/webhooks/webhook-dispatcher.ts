import { askedDelay, Destinations, FairDelivery, gauge, post, RefusedError, retryDelay } from '#common';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { WebhookDeliveriesRepository, type DueDelivery } from './webhook-deliveries.repository.ts';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.ts';
import { signatureHeaders } from './webhook-signature.ts';
import { deliveries } from './webhooks.metrics.ts';

/** Endpoints that get messages at the same time, and messages at the same time to each. */
const maxEndpointsAtOnce = 20;
const batchSize = 4;
const timeoutMs = 15_000;
const minute = 60;
const hour = 60 * minute;
/** Seconds before the second and each further attempt: three days in all, as the specification suggests. */
const delays = [5, 5 * minute, ...[0.5, 2, 5, 10, 14, 20, 24].map((hours) => hours * hour)];
/** How long a receiver can ask to wait. */
const maxDelay = 24 * hour;
/** The longest part of a delay that is added by chance, so that what failed together is not repeated together. */
const jitter = 0.2;
/** After so many seconds without a success, an endpoint that a message was given up for is disabled. */
const maxFailingSeconds = 5 * 24 * hour;
const goneStatus = 410;

/**
 * Delivers events to webhooks as the Standard Webhooks specification says. Every replica runs it. It follows no redirect, reads no body, and
 * goes to public IP addresses and allowed networks only. A message is repeated until it is accepted or its attempts are used up. Messages are
 * delivered at least once, in no particular order.
 */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookDispatcher.name);
  private readonly destinations: Destinations;
  private readonly delivery: FairDelivery<DueDelivery>;
  private oldestWaitingSeconds = 0;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'WEBHOOK_ALLOWED_NETWORKS'>,
    private readonly outbox: WebhookDeliveriesRepository,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly audit: AuditService,
  ) {
    this.destinations = new Destinations(config.WEBHOOK_ALLOWED_NETWORKS);
    this.delivery = new FairDelivery({
      maxReceivers: maxEndpointsAtOnce,
      batchSize,
      dueReceivers: (limit, except) => this.outbox.dueEndpoints(limit, except),
      take: (endpointId, limit) => this.outbox.take(endpointId, limit),
      deliver: (message) => this.dispatch(message),
      observe: async () => {
        this.oldestWaitingSeconds = await this.outbox.oldestWaitingSeconds();
      },
      onError: (error) => {
        this.logger.error(error, 'webhooks could not be processed');
      },
    });
    gauge({
      name: 'auth_webhook_deliveries_oldest_waiting_seconds',
      help: 'Age of the oldest message that waits for an enabled webhook; 0 if there is none',
      collect: (set) => {
        set(this.oldestWaitingSeconds);
      },
    });
  }

  onApplicationBootstrap(): void {
    this.delivery.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.delivery.stop();
  }

  /** @returns whether the receiver has accepted it */
  private async dispatch(message: DueDelivery): Promise<boolean> {
    const { isFailing } = message;
    let status: number;
    try {
      status = await this.send(message);
    } catch (error) {
      if (!isFailing) {
        await this.endpoints.noteResult(message, false);
      }
      await this.retryOrFail(message, error);
      return false;
    }
    await this.outbox.markDelivered(message, status);
    if (isFailing) {
      await this.endpoints.noteResult(message, true);
    }
    deliveries.inc({ result: 'delivered' });
    return true;
  }

  /**
   * @returns the status of the response, a success
   * @throws Error otherwise, a RefusedError if there was a response
   */
  private send(message: DueDelivery): Promise<number> {
    const { id, url, payload } = message;
    const timestamp = Math.floor(Date.now() / 1000);
    return post(url, {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'devopslocally-webhooks',
        ...signatureHeaders({ id, timestamp, payload }, this.endpoints.open(message)),
      },
      body: payload,
      timeoutMs,
      destinations: this.destinations,
    });
  }

  private async retryOrFail(message: DueDelivery, error: unknown): Promise<void> {
    const { id, endpointId, attempts } = message;
    const status = error instanceof RefusedError ? error.status : null;
    const reason = reasonOf(error);
    const log = { delivery_id: id, endpoint_id: endpointId, reason };
    const delay = status === goneStatus ? undefined : delays[attempts - 1];
    if (delay === undefined) {
      await this.outbox.markFailed(this.dataSource, message, { status, error: reason });
      deliveries.inc({ result: 'failed' });
      this.logger.error({ msg: 'webhook delivery given up', ...log });
      await this.disable(message, status === goneStatus ? 'gone' : 'failing');
    } else {
      const pausedSeconds = askedDelay(maxDelay, error);
      const wait = retryDelay(delay, maxDelay, error) * (1 + Math.random() * jitter);
      await this.outbox.postpone(message, { inSeconds: wait, pausedSeconds }, { status, error: reason });
      deliveries.inc({ result: 'retried' });
      this.logger.warn({ msg: 'webhook delivery failed', ...log, retry_in_s: Math.round(wait) });
      if (pausedSeconds > 0) {
        // messages to one that asks again and again may never use up their attempts
        await this.disable(message, 'failing');
      }
    }
  }

  /** Disables an endpoint that is gone, or one that has refused everything for days. */
  private async disable(message: DueDelivery, reason: 'gone' | 'failing'): Promise<void> {
    const { endpointId } = message;
    await this.dataSource.transaction(async (manager) => {
      const disabled =
        reason === 'gone'
          ? await this.endpoints.disable(manager, message, reason)
          : await this.endpoints.disableFailing(manager, message, maxFailingSeconds);
      if (disabled) {
        await this.audit.record(manager, null, {
          type: 'webhook.disabled',
          subjectId: endpointId,
          detail: { reason },
        });
        this.logger.error({ msg: 'webhook disabled', endpoint_id: endpointId, reason });
      }
    });
  }
}

/** The message of an error, or the code of one that stands for several, of which each is for one IP address. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message === '' ? String(code) : message;
}
