import { Module, type Type } from '@nestjs/common';
import { createHttpApp, loadConfig, LoggingModule } from '#common';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Client } from '../../../../apps/auth/test/support/client.ts';
import { commonSettings } from '../../src/config/common-settings.ts';

/** A client's end of a raw TCP connection. */
export interface Connection {
  socket: Socket;
  /** Everything received so far. */
  received: () => string;
}

/** An application with one controller. */
export class TestApp {
  readonly client: Client;
  /** Shuts the application down. */
  readonly close: () => Promise<void>;
  private readonly server: Server;
  private readonly sockets: Socket[] = [];

  constructor(url: string, server: Server, close: () => Promise<void>) {
    this.client = new Client(url);
    this.server = server;
    this.close = close;
  }

  /** Opens a connection that sends `text`. As a hostile client's, it stays half-open when the server ends it. */
  async connect(text: string): Promise<Connection> {
    const { port } = this.server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.sockets.push(socket);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
    return { socket, received: () => Buffer.concat(chunks).toString() };
  }

  /** Time until the server has closed all connections, in ms; Infinity if it takes longer than `limitMs`. */
  async timeUntilClosed(limitMs: number): Promise<number> {
    const start = Date.now();
    const getConnections = promisify(this.server.getConnections.bind(this.server));
    while ((await getConnections()) > 0) {
      if (Date.now() - start > limitMs) {
        return Infinity;
      }
      await sleep(20);
    }
    return Date.now() - start;
  }

  destroySockets(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }
}

/** Starts an application on a free port and stops it after `use`. */
export async function withApp(
  controller: Type,
  settings: NodeJS.ProcessEnv,
  use: (app: TestApp) => Promise<void>,
): Promise<void> {
  @Module({
    imports: [LoggingModule.register({ NODE_ENV: 'test', LOG_LEVEL: 'silent' })],
    controllers: [controller],
  })
  class TestModule {}
  const schema = z.object(commonSettings).omit({ DATABASE_URL: true });
  const nest = await createHttpApp(TestModule, loadConfig(schema, { LOG_LEVEL: 'silent', ...settings }));
  await nest.listen(0, '127.0.0.1');
  const app = new TestApp(await nest.getUrl(), nest.getHttpServer(), () => nest.close());
  try {
    await use(app);
  } finally {
    app.destroySockets();
    await app.close();
  }
}
