import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Delays a result so that the response time reveals nothing about the work.
 * @param milliseconds minimum time until the promise settles; choose it longer than the work takes
 */
export async function atLeast<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const [result] = await Promise.allSettled([work, sleep(milliseconds)]);
  if (result.status === 'rejected') {
    throw result.reason;
  }
  return result.value;
}
