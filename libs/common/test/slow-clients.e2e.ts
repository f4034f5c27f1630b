import { Body, Controller, Get, Post } from '@nestjs/common';
import { expect, it } from 'vitest';
import { register } from 'prom-client';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { withApp, type TestApp } from './support/test-app.ts';

/** Larger than all buffers between the service and the client. */
const largeText = 'x'.repeat(12_000_000);

let slowRequests = 0;

@Controller()
class TestController {
  @Get('quick')
  quick() {
    return {};
  }

  @Get('slow')
  async slow() {
    slowRequests += 1;
    await sleep(1500);
    return {};
  }

  @Get('large')
  large() {
    return largeText;
  }

  @Post('echo')
  echo(@Body({ schema: z.looseObject({}) }) body: object) {
    return body;
  }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
const postHeaders = 'POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
const halfSent = `${postHeaders}content-length: 2\r\n\r\n{`;
const halfSentChunks = `${postHeaders}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`;

/** Calls the application from another client for a while and returns the distinct status codes. */
async function statusesDuring({ client }: TestApp, milliseconds: number): Promise<number[]> {
  const statuses = new Set<number>();
  for (const end = Date.now() + milliseconds; Date.now() < end;) {
    statuses.add((await client.call('GET', '/quick', { headers: { connection: 'close' } })).status);
    statuses.add((await client.call('POST', '/echo', { body: {}, headers: { connection: 'close' } })).status);
    await sleep(20);
  }
  return [...statuses];
}

it('2,000 half-sent requests cause no 503 for other clients and end with 408 in time', () =>
  withApp(TestController, { REQUEST_TIMEOUT_SECONDS: '3' }, async (app) => {
    const connections = await Promise.all(Array.from({ length: 2000 }, () => app.connect(halfSent)));
    expect(await statusesDuring(app, 2000)).toEqual([200, 201]);
    expect(await app.timeUntilClosed(60_000)).toBeLessThan(60_000);
    const answers = new Set(connections.map(({ received }) => received().split('\r\n', 1)[0]));
    expect([...answers]).toEqual(['HTTP/1.1 408 Request Timeout']);
  }));

it('incomplete requests get 408, and their connections are destroyed even if the client keeps them half-open', () =>
  withApp(TestController, { REQUEST_TIMEOUT_SECONDS: '1' }, async (app) => {
    const texts = ['', 'POST /echo HTTP/1.1\r\nhost', halfSent, halfSentChunks];
    const connections = await Promise.all(texts.map((text) => app.connect(text)));
    expect(await app.timeUntilClosed(60_000)).toBeLessThan(60_000);
    for (const { received } of connections) {
      expect(received()).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
    }
  }));

it('writes no 408 in place of the response to an earlier request on the connection', () =>
  withApp(TestController, { REQUEST_TIMEOUT_SECONDS: '1' }, async (app) => {
    const { received } = await app.connect(get('/slow') + halfSent);
    await app.timeUntilClosed(5000);
    expect(received()).not.toMatch(/^HTTP\/1\.1 408/);
  }));

it('a client that is still sending receives the response to its invalid request', () =>
  withApp(TestController, {}, async (app) => {
    const { socket, received } = await app.connect(`GET /quick HTTP/1.1\r\nx: ${'a'.repeat(17_000)}`);
    for (let i = 0; i < 20; i += 1) {
      socket.write('a'.repeat(1000));
      await sleep(10);
    }
    expect(received()).toMatch(/^HTTP\/1\.1 431 /);
    expect(await app.timeUntilClosed(60_000)).toBeLessThan(60_000);
  }));

it('unread responses cause no 503 for other clients, and their connections are destroyed', () =>
  withApp(TestController, { MAX_IN_FLIGHT_REQUESTS: '5', REQUEST_TIMEOUT_SECONDS: '2' }, async (app) => {
    for (let i = 0; i < 6; i += 1) {
      (await app.connect(get('/large'))).socket.pause();
    }
    expect(await statusesDuring(app, 500)).toEqual([200, 201]);
    expect(await app.timeUntilClosed(60_000)).toBeLessThan(60_000);
  }));

it('a handler may take longer than the time limit for requests', () =>
  withApp(TestController, { REQUEST_TIMEOUT_SECONDS: '1' }, async ({ client }) => {
    for (let i = 0; i < 2; i += 1) {
      expect((await client.call('GET', '/slow')).status).toBe(200);
    }
  }));

it.each([
  ['an unused connection', '', 60],
  ['half a header', 'POST', 1],
  ['half a body', halfSent, 1],
])('%s does not block the shutdown', (_what, text, seconds) =>
  withApp(TestController, { REQUEST_TIMEOUT_SECONDS: String(seconds) }, async (app) => {
    (await app.connect(text)).socket.pause();
    await sleep(200);
    const start = Date.now();
    await Promise.race([app.close(), sleep(60_000, undefined, { ref: false })]);
    expect(Date.now() - start).toBeLessThan(30_000);
  }),
);

it('a request that is being served when the shutdown starts gets its response', () =>
  withApp(TestController, { REQUEST_TIMEOUT_SECONDS: '1' }, async (app) => {
    const before = slowRequests;
    const { received } = await app.connect(get('/slow'));
    while (slowRequests === before) {
      await sleep(10);
    }
    await app.close();
    expect(received()).toMatch(/^HTTP\/1\.1 200 /);
  }));

it('a client that disconnects while sending is not counted as a database outage', () =>
  withApp(TestController, {}, async (app) => {
    // of all applications in this process
    const outages = () => register.getSingleMetricAsString('database_unavailable_total');
    const before = await outages();
    const { socket } = await app.connect(halfSent);
    await sleep(100);
    socket.destroy();
    await app.timeUntilClosed(1000);
    await sleep(100);
    expect(before).toMatch(/_total \d+$/m);
    expect(await outages()).toBe(before);
  }));
