import { Destinations, type Principal, type RequestContext } from '#common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AdminAuthorityService } from '../accounts/index.ts';
import { AuditService, type AuditEventType } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { WebhookDeliveriesRepository, type Delivery, type DeliveryState } from './webhook-deliveries.repository.ts';
import { WebhookEndpointsRepository, type Endpoint } from './webhook-endpoints.repository.ts';
import { testEventType } from './webhook-event-types.ts';
import { encodeSecret, newSigningSecret } from './webhook-signature.ts';
import {
  deliveryNotFound,
  deliveryWaiting,
  webhookDisabled,
  webhookNotFound,
  webhooksFull,
  webhookUrlRefused,
} from './webhooks.problems.ts';
import { maxEndpoints, maxReplayed, type EndpointBody } from './webhooks.schema.ts';

/** The admin who acts, and the request. */
interface Act {
  actor: Principal;
  context: RequestContext;
}

/** Manages webhooks: who gets which events, and what became of each delivery. */
@Injectable()
export class WebhooksService {
  private readonly destinations: Destinations;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) config: Pick<AuthConfig, 'WEBHOOK_ALLOWED_NETWORKS'>,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly audit: AuditService,
    private readonly authority: AdminAuthorityService,
  ) {
    this.destinations = new Destinations(config.WEBHOOK_ALLOWED_NETWORKS);
  }

  /**
   * Creates a webhook.
   * @throws ProblemException `webhook_url_refused`, `webhooks_full`
   */
  async create(body: EndpointBody, act: Act): Promise<{ endpoint: Endpoint; secret: string }> {
    this.assertUrl(body.url);
    const id = uuidv7();
    const secret = newSigningSecret();
    const endpoint = await this.change(act, id, async (manager) => {
      if ((await this.endpoints.lockCount(manager)) >= maxEndpoints) {
        throw webhooksFull.exception();
      }
      await this.endpoints.insert(manager, { ...body, id, secret, createdBy: act.actor.accountId });
      return { type: 'webhook.created', detail: describe(body), result: await this.load(manager, id) };
    });
    return { endpoint, secret: encodeSecret(secret) };
  }

  /** All webhooks, the oldest first. */
  list(): Promise<Endpoint[]> {
    return this.endpoints.list(maxEndpoints);
  }

  /** @throws ProblemException `webhook_not_found` */
  view(id: string): Promise<Endpoint> {
    return this.load(this.dataSource.manager, id);
  }

  /**
   * Replaces everything but the secret.
   * @throws ProblemException `webhook_not_found`, `webhook_url_refused`
   */
  async replace(id: string, body: EndpointBody, act: Act): Promise<Endpoint> {
    this.assertUrl(body.url);
    return this.change(act, id, async (manager) => {
      assertFound(await this.endpoints.update(manager, id, body));
      return { type: 'webhook.changed', detail: describe(body), result: await this.load(manager, id) };
    });
  }

  /**
   * Deletes a webhook. What waits for it is not delivered.
   * @throws ProblemException `webhook_not_found`
   */
  async delete(id: string, act: Act): Promise<void> {
    await this.change(act, id, async (manager) => {
      assertFound(await this.endpoints.delete(manager, id));
      return { type: 'webhook.deleted', detail: {}, result: undefined };
    });
  }

  /**
   * Gives a webhook a new secret. Messages are signed with the previous one too for a time.
   * @param overlapSeconds how long
   * @throws ProblemException `webhook_not_found`
   */
  async rotateSecret(id: string, overlapSeconds: number, act: Act): Promise<string> {
    const secret = newSigningSecret();
    return this.change(act, id, async (manager) => {
      assertFound(await this.endpoints.rotateSecret(manager, id, secret, overlapSeconds));
      const detail = { overlap_seconds: overlapSeconds };
      return { type: 'webhook.secret_rotated', detail, result: encodeSecret(secret) };
    });
  }

  /**
   * Queues a message to try the webhook.
   * @throws ProblemException `webhook_not_found`, `webhook_disabled`
   */
  async test(id: string, act: Act): Promise<string> {
    return this.change(act, id, async (manager) => {
      if (!(await this.load(manager, id)).enabled) {
        throw webhookDisabled.exception();
      }
      const payload = { type: testEventType, timestamp: new Date().toISOString(), data: {} };
      const deliveryId = await this.deliveries.insert(manager, id, testEventType, JSON.stringify(payload));
      return { type: 'webhook.tested', detail: { delivery_id: deliveryId }, result: deliveryId };
    });
  }

  /**
   * One page of the deliveries in a state, the oldest first.
   * @throws ProblemException `webhook_not_found`
   */
  async page(
    id: string,
    { state, limit, after }: { state: DeliveryState; limit: number; after?: string | undefined },
  ): Promise<{ deliveries: Delivery[]; next: string | null }> {
    await this.view(id);
    const deliveries = await this.deliveries.list(id, state, limit, after);
    return { deliveries, next: deliveries.length === limit ? (deliveries.at(-1)?.id ?? null) : null };
  }

  /**
   * Delivers a message again.
   * @throws ProblemException `webhook_not_found`, `webhook_delivery_not_found`, `webhook_delivery_waiting`
   */
  async replay(id: string, deliveryId: string, act: Act): Promise<void> {
    await this.change(act, id, async (manager) => {
      await this.load(manager, id);
      if (!(await this.deliveries.replay(manager, id, deliveryId))) {
        const state = await this.deliveries.stateOf(manager, id, deliveryId);
        throw (state === undefined ? deliveryNotFound : deliveryWaiting).exception();
      }
      return { type: 'webhook.replayed', detail: { delivery_id: deliveryId }, result: undefined };
    });
  }

  /**
   * Delivers dead letters again, the oldest first, 1000 at most.
   * @param since when the first of them was queued
   * @returns how many
   * @throws ProblemException `webhook_not_found`
   */
  async replayFailed(id: string, since: string, act: Act): Promise<number> {
    return this.change(act, id, async (manager) => {
      await this.load(manager, id);
      const count = await this.deliveries.replayFailed(manager, id, since, maxReplayed);
      return { type: 'webhook.replayed', detail: { since, count }, result: count };
    });
  }

  /**
   * Deletes ended secrets, and deliveries that are delivered, old or of deleted webhooks.
   * @returns how many deliveries, `limit` at most
   */
  async purge(manager: EntityManager, limit: number): Promise<number> {
    const orphans = await this.deliveries.purgeOrphans(manager, limit);
    const expired = await this.deliveries.purge(manager, limit - orphans);
    await this.endpoints.forgetEndedSecrets(manager);
    await this.endpoints.purgeDeleted(manager, limit);
    return orphans + expired;
  }

  /** Encrypts secrets again that the first key of the ring does not decrypt, and returns how many. */
  reencrypt(): Promise<number> {
    return this.endpoints.reencrypt();
  }

  /** Does the work of an admin, whose power must not have ended while the request waited, and records it, in one transaction. */
  private change<T>(
    { actor, context }: Act,
    id: string,
    work: (manager: EntityManager) => Promise<{ type: AuditEventType; detail: Record<string, unknown>; result: T }>,
  ): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await this.authority.assert(manager, actor);
      const { type, detail, result } = await work(manager);
      await this.audit.record(manager, context, { type, actorId: actor.accountId, subjectId: id, detail });
      return result;
    });
  }

  private async load(manager: EntityManager, id: string): Promise<Endpoint> {
    const endpoint = await this.endpoints.find(manager, id);
    if (!endpoint) {
      throw webhookNotFound.exception();
    }
    return endpoint;
  }

  /** The IP addresses of a name are checked at each delivery; here only the URL is. */
  private assertUrl(url: string): void {
    if (!this.destinations.permit(new URL(url))) {
      throw webhookUrlRefused.exception();
    }
  }
}

function assertFound(found: boolean): void {
  if (!found) {
    throw webhookNotFound.exception();
  }
}

/** What the audit trail tells. Not the whole URL, because it may contain a secret. */
const describe = ({ url, event_types, enabled }: EndpointBody) => ({ host: new URL(url).host, event_types, enabled });
