import { expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { BoundedQueue } from './bounded-queue.ts';
import { hashQueueFull } from './passwords.problems.ts';

const full = expect.objectContaining({ problem: hashQueueFull });

it('counts reserved places as full', async () => {
  const queue = new BoundedQueue(1, 2, 60_000);
  const prepared = Promise.withResolvers<undefined>();
  const held = [queue.holdPlace('one', () => prepared.promise), queue.holdPlace('one', () => prepared.promise)];
  await expect(queue.holdPlace('one', () => prepared.promise)).rejects.toEqual(full);
  prepared.resolve(undefined);
  await Promise.all(held);
  expect(await queue.holdPlace('one', async () => queue.run('one', async () => 'done'))).toBe('done');
});

it('rejects work that would wait too long, estimated from recent durations', async () => {
  const queue = new BoundedQueue(1, 100, 5);
  const work = () => sleep(100, 'done');
  const first = await queue.run('one', work);
  const running = queue.run('one', work);
  const next = queue.run('one', work);
  const behind = queue.run('one', work).catch((error: unknown) => error);
  let begun = false;
  const rejected = queue.holdPlace('one', async () => {
    begun = true;
  });
  await expect(rejected).rejects.toEqual(full);
  expect([first, await running, begun]).toEqual(['done', 'done', false]);
  // however slow the machine, the next one has its turn
  expect([await next, await behind]).toEqual(['done', full]);
});

it('lets clients take turns', async () => {
  const queue = new BoundedQueue(1, 100, 60_000);
  const order: string[] = [];
  const run = (client: string) =>
    queue.run(client, async () => {
      order.push(client);
      await sleep(1);
    });
  await Promise.all(Array.from('aaaaabbc', run));
  expect(order.join('')).toBe('aabcabaa');
});

it('gives the last place of the client with the most work to one with less', async () => {
  const queue = new BoundedQueue(1, 4, 60_000);
  const running = Promise.withResolvers<string>();
  const run = (client: string) =>
    queue
      .run(client, () => running.promise)
      .then(
        () => client,
        () => `${client} rejected`,
      );
  const results = Array.from('aaaaabbbc', run);
  expect(queue.waiting).toBe(4);
  running.resolve('');
  // b takes two of a's four places, and then has as many; c takes one
  expect(await Promise.all(results)).toEqual([
    ...['a', 'a', 'a rejected', 'a rejected', 'a rejected'],
    ...['b', 'b', 'b rejected', 'c'],
  ]);
  expect([queue.waiting, queue.running]).toEqual([0, 0]);
});
