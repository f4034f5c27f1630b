import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request that a receiver got. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that webhooks are delivered to. */
export class Receiver {
  readonly received: Received[] = [];
  /** Connections, also those without a request. */
  connections = 0;
  /** Answers a request; by default 204. */
  answer: (response: ServerResponse, request: Received) => void = (response) => response.writeHead(204).end();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly scheme: string,
  ) {}

  /** @param tls certificate and key; plain HTTP without them */
  static async start(tls?: { cert: string; key: string }): Promise<Receiver> {
    const server = tls ? createSecureServer(tls) : createServer();
    // a test that fails does not hold the process
    server.unref();
    const receiver = new Receiver(server, tls ? 'https' : 'http');
    server.on('connection', () => (receiver.connections += 1));
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const received = { headers: request.headers, body };
        receiver.received.push(received);
        receiver.answer(response, received);
      });
    });
    await receiver.listen(0);
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook', host = '127.0.0.1'): string {
    return `${this.scheme}://${host}:${String(this.port)}${path}`;
  }

  /** The messages of a type so far. */
  ofType(type: string): Received[] {
    return this.received.filter(({ body }) => (JSON.parse(body) as { type: string }).type === type);
  }

  /** Refuses connections until the returned function is called. */
  async pause(): Promise<() => Promise<void>> {
    const { port } = this;
    await this.stop();
    return () => this.listen(port);
  }

  async stop(): Promise<void> {
    if (this.server.listening) {
      this.server.closeAllConnections();
      this.server.close();
      await once(this.server, 'close');
    }
  }

  private async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }
}
