import { cleanUpWith } from '../../../../apps/auth/test/support/clean-up.ts';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Responds in place of the service, or lets the request through by returning false. */
type Rule = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A gateway in front of a service, which counts requests and can fail as gateways do. */
export class Front {
  /** `METHOD /path` of each request, in order. */
  requests: string[] = [];
  /** What happens instead of the next requests, one each. */
  readonly faults: Rule[] = [];
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async of(target: string): Promise<Front> {
    const server = createServer((incoming, outgoing) => {
      front.requests.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
      if (front.faults.shift()?.(incoming, outgoing)) {
        return;
      }
      const { method, headers } = incoming;
      const forwarded = request(new URL(incoming.url ?? '', target), { method, headers }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
    const front = new Front(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUpWith(() => {
      server.close();
      server.closeAllConnections();
    });
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  count(request: string): number {
    return this.requests.filter((made) => made === request).length;
  }
}

/** A rule that responds with a problem. */
export const respond =
  (status: number, code?: string, headers: Record<string, string> = {}): Rule =>
  (incoming, response) => {
    incoming.resume();
    response
      .writeHead(status, { 'content-type': code === undefined ? 'text/html' : 'application/problem+json', ...headers })
      .end(code === undefined ? '<h1>Bad gateway</h1>' : JSON.stringify({ title: code, status, code }));
    return true;
  };

/** A rule that ends the connection. */
export const hangUp: Rule = (incoming) => {
  incoming.socket.destroy();
  return true;
};

/** A rule that never responds. */
export const hang: Rule = () => true;
