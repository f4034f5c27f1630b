import { Controller, Get, Res } from '@nestjs/common';
import { beforeEach, expect, it } from 'vitest';
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../../apps/auth/test/support/client.ts';
import { withApp } from './support/test-app.ts';

/** Delays responses of `/slow` and `/hijacked` until it is resolved. */
let released: PromiseWithResolvers<undefined>;
let started: number;
beforeEach(() => {
  released = Promise.withResolvers();
  started = 0;
});

@Controller()
class TestController {
  @Get('quick')
  quick() {
    return {};
  }

  @Get('slow')
  async slow() {
    started += 1;
    await released.promise;
    return {};
  }

  @Get('hijacked')
  async hijacked(@Res() reply: FastifyReply) {
    reply.hijack();
    started += 1;
    await released.promise;
    reply.raw.end('{}');
  }
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;

it('rejects requests beyond the concurrency limit immediately', () =>
  withApp(TestController, { MAX_IN_FLIGHT_REQUESTS: '5' }, async ({ client }) => {
    const rejected: Answer[] = [];
    const allRejected = Promise.withResolvers<undefined>();
    const answers = Array.from({ length: 20 }, async () => {
      const answer = await client.call('GET', '/slow');
      if (answer.status === 503 && rejected.push(answer) === 15) {
        allRejected.resolve(undefined);
      }
      return answer;
    });
    await allRejected.promise;
    released.resolve(undefined);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect([rejected[0]?.body.code, rejected[0]?.headers.get('retry-after')]).toEqual(['overloaded', '1']);
    expect((await client.call('GET', '/slow')).status).toBe(200);
  }));

it('counts requests of disconnected clients until their handlers finish', () =>
  withApp(TestController, { MAX_IN_FLIGHT_REQUESTS: '5' }, async (app) => {
    for (let i = 1; i <= 5; i += 1) {
      const { socket } = await app.connect(request('/slow'));
      while (started < i) {
        await sleep(5);
      }
      socket.destroy();
    }
    await app.timeUntilClosed(1000);
    expect((await app.client.call('GET', '/quick')).status).toBe(503);
    released.resolve(undefined);
    await sleep(50);
    expect((await app.client.call('GET', '/quick')).status).toBe(200);
  }));

it('counts hijacked responses until they are sent', () =>
  withApp(TestController, { MAX_IN_FLIGHT_REQUESTS: '1' }, async ({ client }) => {
    const hijacked = client.call('GET', '/hijacked');
    while (started < 1) {
      await sleep(5);
    }
    expect((await client.call('GET', '/quick')).status).toBe(503);
    released.resolve(undefined);
    expect((await hijacked).status).toBe(200);
    expect((await client.call('GET', '/quick')).status).toBe(200);
  }));

it('serves at most ten pipelined requests of a connection concurrently; other clients get no 503', () =>
  withApp(TestController, { MAX_IN_FLIGHT_REQUESTS: '100' }, async (app) => {
    const { socket, received } = await app.connect(request('/slow').repeat(1000));
    while (started < 10) {
      await sleep(5);
    }
    expect((await app.client.call('GET', '/quick')).status).toBe(200);
    released.resolve(undefined);
    while (received().split('HTTP/1.1 ').length <= 1000) {
      await once(socket, 'data');
    }
    expect(received().split('HTTP/1.1 200')).toHaveLength(11);
    expect(received().split('HTTP/1.1 503')).toHaveLength(991);
  }));
