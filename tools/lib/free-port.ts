import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below Linux's ephemeral ports, from 32768, and Kubernetes' node ports, from 30000. */
const firstPort = 20_000;
const lastPort = 29_999;
/** More than there are test workers at once, each of which has ports of its own. */
const workers = 8;
const given = new Set<number>();

/**
 * A loopback port that nothing listens on, for a program that must know its port before it starts. Until then nobody else is
 * given the port, as it could be if the system had chosen it.
 */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % workers;
  for (;;) {
    const port = randomInt(firstPort / workers, (lastPort + 1) / workers) * workers + worker;
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
