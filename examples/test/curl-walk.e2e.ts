import { afterEach, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startTestService } from '../../apps/auth/test/support/service.ts';
import { run } from './process.ts';

const walk = (url: string) => run('examples/curl-walk/walk.sh', [url]);
const steps = ['register', 'login', 'me', 'refresh', 'logout', 'me after logout'];
const statuses = [201, 200, 200, 200, 204, 401];

it('every step gets the expected response', async () => {
  const { url } = await startTestService();
  const output = steps.map((step, index) => `${step}: ${statuses[index]}\n`).join('');
  expect(await walk(url)).toEqual({ code: 0, output });
});

describe('fails', () => {
  let server: Server;
  afterEach(() => void server.close());

  /** Starts a server that answers the walk as expected, but for one step. */
  async function startImpostor(wrongStep: number, wrong: { status?: number; body?: string }): Promise<string> {
    let registration = '';
    let calls = 0;
    server = createServer((request, response) => {
      void text(request).then((sent) => {
        registration ||= sent;
        const expected = {
          status: statuses[calls],
          body: `${registration} {"access_token":"a","code":"token_invalid"}`,
        };
        const { status = 500, body } = calls === wrongStep ? { ...expected, ...wrong } : expected;
        calls += 1;
        response.writeHead(status).end(status === 204 ? '' : body);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([...steps.entries()])('at step %i, %s, with another status', async (index, step) => {
    const { code, output } = await walk(await startImpostor(index, { status: 202 }));
    expect(code).toBe(1);
    expect(output).toContain(`${step}: expected ${statuses[index]}`);
  });

  it.each([...steps.entries()].filter(([, step]) => step !== 'logout'))(
    'at step %i, %s, with another body',
    async (index, step) => {
      const { code, output } = await walk(await startImpostor(index, { body: '{}' }));
      expect(code).toBe(1);
      expect(output).toContain(`${step}: expected ${statuses[index]}`);
    },
  );

  it('without a response', async () => {
    const url = await startImpostor(0, {});
    server.close();
    await once(server, 'close');
    expect(await walk(url)).toMatchObject({ code: 1 });
  });
});
