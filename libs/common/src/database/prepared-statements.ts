import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import pg from 'pg';

/** More statements than the code has mean that some are built at run time: these are not worth keeping. */
const maxStatements = 500;
const names = new Map<string, string>();

/**
 * node-postgres with clients that prepare each statement with parameters once, and from then on only bind and execute it; and
 * that are not used again once PostgreSQL has left a statement without an answer: what is lost without a word, as the database's
 * machine may be, the system itself notices only after a quarter of an hour.
 */
class PreparingClient extends pg.Client {
  override query(...call: unknown[]): never {
    const [text, values] = call;
    const send = super.query.bind(this) as (...call: unknown[]) => unknown;
    if (typeof text !== 'string' || typeof call.at(-1) === 'function') {
      return send(...call) as never;
    }
    const query: pg.Query & { name?: string | undefined } = new pg.Query(text, values as unknown[] | undefined);
    // set here, since of a description by an object the driver makes a copy, property by property
    query.name = Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    return new Promise((resolve, reject) => {
      send(query, (error: Error | null, result: unknown) => {
        if (!error) {
          resolve(result);
        } else if (error instanceof pg.DatabaseError) {
          reject(error);
        } else {
          this.abandon(() => {
            reject(error);
          });
        }
      });
    }) as never;
  }

  /** Closes the connection at once, and goes on when the pool can tell. */
  private abandon(done: () => void): void {
    const socket = socketOf(this);
    if (socket.closed) {
      done();
    } else {
      socket.once('close', done).destroy();
    }
  }
}

class PreparingPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: PreparingClient });
    // its statement tells that a connection is lost; while it has none, the next one does
    this.on('connect', (client) => client.on('error', () => undefined));
  }
}

/** node-postgres' types do not show the connection. */
export const socketOf = (client: pg.ClientBase): Socket =>
  (client as pg.ClientBase & { connection: { stream: Socket } }).connection.stream;

/** The driver for TypeORM. */
export const preparingDriver = { ...pg, Pool: PreparingPool };

function nameOf(text: string): string | undefined {
  let name = names.get(text);
  if (name === undefined && names.size < maxStatements) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    names.set(text, name);
  }
  return name;
}
