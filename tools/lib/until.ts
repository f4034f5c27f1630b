import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `ask` until it returns a truthy value, and returns that value. Errors that `ask` throws count as "not yet".
 * @throws Error after `seconds`, with the message of the last error
 */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T>,
  pauseMs = 500,
): Promise<NonNullable<T>> {
  let last: unknown;
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer) {
        return answer;
      }
      last = answer;
    } catch (error) {
      last = error;
    }
    await sleep(pauseMs);
  }
  throw new Error(`timed out after ${seconds} s: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
}
