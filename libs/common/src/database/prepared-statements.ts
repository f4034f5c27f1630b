import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import pg from 'pg';
import { sql } from './sql.ts';

/** Upper bound of prepared statements per connection. Code that builds statements at run time would otherwise leak them. */
const maxStatements = 500;
const { text: planEachTime } = sql.planEachTime.compile();
const names = new Map<string, string>();

/**
 * A node-postgres client with two additions. It prepares each parameterised statement once per connection, then only binds and
 * executes it, unless the statement has the mark `sql.planEachTime`. And it closes the connection when a statement gets no response, because the operating system takes about
 * 15 minutes to detect a connection to a host that vanished.
 */
class PreparingClient extends pg.Client {
  override query(...call: unknown[]): never {
    const [text, values] = call;
    const send = super.query.bind(this) as (...call: unknown[]) => unknown;
    if (typeof text !== 'string' || typeof call.at(-1) === 'function') {
      return send(...call) as never;
    }
    const query: pg.Query & { name?: string | undefined } = new pg.Query(text, values as unknown[] | undefined);
    // assigned here because the driver copies a query config object property by property
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

  /** Closes the connection immediately and calls `done` once the pool can detect it. */
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
    // a lost connection rejects the current statement, or the next one if it is idle
    this.on('connect', (client) => client.on('error', () => undefined));
  }
}

/** Returns a client's socket, which node-postgres' types hide. */
export const socketOf = (client: pg.ClientBase): Socket =>
  (client as pg.ClientBase & { connection: { stream: Socket } }).connection.stream;

/** node-postgres with prepared statements, as TypeORM's `driver` option. */
export const preparingDriver = { ...pg, Pool: PreparingPool };

function nameOf(text: string): string | undefined {
  let name = names.get(text);
  if (name === undefined && names.size < maxStatements && !text.includes(planEachTime)) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    names.set(text, name);
  }
  return name;
}
