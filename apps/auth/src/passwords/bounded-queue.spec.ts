import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { BoundedQueue } from './bounded-queue.ts';
import { hashQueueFull } from './passwords.problems.ts';

const full = expect.objectContaining({ problem: hashQueueFull });

it('counts reserved places as full', async () => {
  const queue = new BoundedQueue(1, 2, 1000);
  const prepared = Promise.withResolvers<undefined>();
  const held = [queue.holdPlace(() => prepared.promise), queue.holdPlace(() => prepared.promise)];
  await expect(queue.holdPlace(() => prepared.promise)).rejects.toEqual(full);
  prepared.resolve(undefined);
  await Promise.all(held);
  expect(await queue.holdPlace(async () => queue.run(async () => 'done'))).toBe('done');
});

it('rejects work that would wait too long, estimated from recent durations', async () => {
  const queue = new BoundedQueue(1, 100, 5);
  const work = () => sleep(100, 'done');
  const first = await queue.run(work);
  const running = queue.run(work);
  const waiting = queue.run(work).catch((error: unknown) => error);
  let begun = false;
  const rejected = queue.holdPlace(async () => {
    begun = true;
  });
  await expect(rejected).rejects.toEqual(full);
  expect([first, await running, begun]).toEqual(['done', 'done', false]);
  expect(await waiting).toEqual(full);
});
