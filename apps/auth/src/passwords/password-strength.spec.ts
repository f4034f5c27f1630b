import { afterEach, expect, it } from '@jest/globals';
import type { AuthConfig } from '../config.ts';
import { PasswordStrength } from './password-strength.ts';

let strength: PasswordStrength;

afterEach(() => strength.onApplicationShutdown());

it('loads the dictionaries with the first check, and the checks beside it do not wait for their turn meanwhile', async () => {
  strength = new PasswordStrength({ HASH_QUEUE_MAX: 10, HASH_MAX_WAIT_MS: 5000 } as AuthConfig);
  const checks = ['one', 'two'].map((client) => strength.check(client, 'correct horse battery', []));
  const { running, waiting } = strength.queue;
  expect({ running, waiting }).toEqual({ running: 0, waiting: 0 });
  expect((await Promise.all(checks)).map(({ score }) => score)).toEqual([4, 4]);
});
