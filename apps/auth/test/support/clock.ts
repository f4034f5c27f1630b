import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until the clock shows a moment. One timer is not enough: it may fire a millisecond early.
 * @param moment in milliseconds since 1970
 */
export async function untilClock(moment: number): Promise<void> {
  for (let left = moment - Date.now(); left > 0; left = moment - Date.now()) {
    await sleep(left);
  }
}
