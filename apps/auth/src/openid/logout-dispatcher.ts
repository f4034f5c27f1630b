import { counter, Destinations, FairDelivery, gauge, post, retryDelay } from '#common';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Provider } from 'oidc-provider';
import { applicationOf } from './client-metadata.ts';
import { LogoutNotificationsRepository, type LogoutNotification } from './logout-notifications.repository.ts';
import { ProviderService } from './provider.service.ts';

/** Applications that are told at the same time, and notifications at the same time to each. */
const maxApplications = 20;
const batchSize = 4;
const timeoutMs = 5000;
const firstRetrySeconds = 5;
const lastRetrySeconds = 3600;
/** About half a day. */
const maxAttempts = 20;

const publicOnly = new Destinations();

const notifications = counter({
  name: 'auth_logout_notifications_total',
  help: 'Attempts to tell an application that a session has ended, by result; `failed` means given up',
  labels: { result: ['delivered', 'retried', 'failed'] },
});

type LogoutClient = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>;

/**
 * Tells applications that sessions have ended (OpenID Connect Back-Channel Logout). Every replica runs it. It calls registered URLs only,
 * follows no redirect and reads no body, and those of applications that have registered themselves on public IP addresses only. A notification is repeated until it is delivered or its attempts are used up. Applications are told independently:
 * one that does not respond delays only its own notifications.
 */
@Injectable()
export class LogoutDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LogoutDispatcher.name);
  private readonly delivery: FairDelivery<LogoutNotification>;
  private oldestWaitingSeconds = 0;

  constructor(
    private readonly outbox: LogoutNotificationsRepository,
    private readonly providers: ProviderService,
  ) {
    this.delivery = new FairDelivery({
      maxReceivers: maxApplications,
      batchSize,
      dueReceivers: (limit, except) => this.outbox.dueApplications(limit, except),
      take: (applicationId, limit) => this.outbox.take(applicationId, limit),
      deliver: (notification) => this.dispatch(notification),
      observe: async () => {
        this.oldestWaitingSeconds = await this.outbox.oldestWaitingSeconds();
      },
      onError: (error) => {
        this.logger.error(error, 'logout notifications could not be processed');
      },
    });
    gauge({
      name: 'auth_logout_notifications_oldest_waiting_seconds',
      help: 'Age of the oldest notification of an ended session that is not delivered; 0 if there is none',
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

  /** @returns whether the application has accepted it */
  private async dispatch(notification: LogoutNotification): Promise<boolean> {
    const { id, clientId, attempts } = notification;
    try {
      await this.deliver(notification);
      await this.outbox.delete(id);
      notifications.inc({ result: 'delivered' });
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (attempts >= maxAttempts) {
        await this.outbox.delete(id);
        notifications.inc({ result: 'failed' });
        this.logger.error({ msg: 'logout notification given up', client_id: clientId, reason });
      } else {
        const own = Math.min(firstRetrySeconds * 2 ** (attempts - 1), lastRetrySeconds);
        const wait = Math.ceil(retryDelay(own, lastRetrySeconds, error));
        await this.outbox.postpone(id, wait);
        notifications.inc({ result: 'retried' });
        this.logger.warn({ msg: 'logout notification failed', client_id: clientId, retry_in_s: wait, reason });
      }
      return false;
    }
  }

  /** @throws Error unless the application accepts it */
  private async deliver({ clientId, accountId, sessionId }: LogoutNotification): Promise<void> {
    const provider = await this.providers.current();
    const client = await provider.Client.find(clientId);
    const url = client?.backchannelLogoutUri;
    if (client === undefined || url === undefined) {
      // the application no longer wants notifications
      return;
    }
    const form = new URLSearchParams({ logout_token: await logoutToken(provider, client, accountId, sessionId) });
    await post(url, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      timeoutMs,
      ...(applicationOf(client).registered && { destinations: publicOnly }),
    });
  }
}

/** A logout token (OpenID Connect Back-Channel Logout §2.4). */
function logoutToken(provider: Provider, client: LogoutClient, accountId: string, sessionId: string): Promise<string> {
  const token = new provider.IdToken({ sub: accountId }, { client });
  Object.assign(token, { mask: { sub: null } });
  token.set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} });
  token.set('jti', randomUUID());
  token.set('sid', sessionId);
  return token.issue({ use: 'logout' });
}
