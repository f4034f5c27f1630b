import { createHash } from 'node:crypto';
import pg from 'pg';

/** More statements than the code has mean that some are built at run time: these are not worth keeping. */
const maxStatements = 500;
const names = new Map<string, string>();

/** node-postgres with clients that prepare each statement with parameters once, and from then on only bind and execute it. */
class PreparingClient extends pg.Client {
  override query(...call: unknown[]): never {
    const [text, values] = call;
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    const query = super.query.bind(this) as (...query: unknown[]) => never;
    return name === undefined ? query(...call) : query({ name, text, values }, ...call.slice(2));
  }
}

class PreparingPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: PreparingClient });
  }
}

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
