import { afterEach, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthConfig } from '../config.ts';
import { PasswordStrength } from './password-strength.ts';
import { hashQueueFull } from './passwords.problems.ts';

let strength: PasswordStrength;

afterEach(() => strength.onApplicationShutdown());

it('loads the dictionaries with the first check, and the checks beside it do not wait for their turn meanwhile', async () => {
  strength = new PasswordStrength({ HASH_QUEUE_MAX: 10, HASH_MAX_WAIT_MS: 5000 } as AuthConfig);
  const checks = ['one', 'two'].map((client) => strength.check(client, 'correct horse battery', []));
  const { running, waiting } = strength.queue;
  expect({ running, waiting }).toEqual({ running: 0, waiting: 0 });
  expect((await Promise.all(checks)).map(({ score }) => score)).toEqual([4, 4]);
});

it('rejects a check while loading takes too long, and has the next ones find what was loaded', async () => {
  class Hasty extends PasswordStrength {
    protected override readonly loadMs = 1;
  }
  strength = new Hasty({ HASH_QUEUE_MAX: 10, HASH_MAX_WAIT_MS: 5000 } as AuthConfig);
  const check = () => strength.check('one', 'correct horse battery', []);
  await expect(check()).rejects.toEqual(expect.objectContaining({ problem: hashQueueFull }));
  let score: number | undefined;
  while (score === undefined) {
    await sleep(100);
    score = await check().then(
      (result) => result.score,
      () => undefined,
    );
  }
  expect(score).toBe(4);
});
