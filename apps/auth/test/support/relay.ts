import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP relay to a server on loopback. Its open connections can go silent, as when the server's machine is lost. */
export class Relay {
  private readonly server: Server;
  private readonly open = new Set<Socket>();
  private readonly silent = new Set<Socket>();

  private constructor(port: number) {
    this.server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.open.add(socket);
        socket.pipe(other);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          if (this.open.delete(socket)) {
            other.destroy();
          }
        });
      }
    });
  }

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    relay.server.listen(0, '127.0.0.1');
    await once(relay.server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Stops relaying the open connections, without closing them. Later connections work. */
  silence(): void {
    for (const socket of this.open) {
      socket.unpipe().resume();
      this.silent.add(socket);
    }
    this.open.clear();
  }

  close(): void {
    this.server.close();
    for (const socket of [...this.open, ...this.silent]) {
      socket.destroy();
    }
  }
}
