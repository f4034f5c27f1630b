import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Gives a result no sooner than after a time, so that how long it took tells nothing of what was done.
 * @param milliseconds longer than the work takes
 */
export async function atLeast<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const [result] = await Promise.allSettled([work, sleep(milliseconds)]);
  if (result.status === 'rejected') {
    throw result.reason;
  }
  return result.value;
}
