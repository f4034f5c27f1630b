import { expect, it } from 'vitest';
import { RefusedError, retryDelay } from './refused-error.ts';

const inTwoHours = new Date(Date.now() + 7_200_000);
const [weekday, day, month, year, time] = inTwoHours.toUTCString().split(/,? /);
const days = {
  Sun: 'Sunday',
  Mon: 'Monday',
  Tue: 'Tuesday',
  Wed: 'Wednesday',
  Thu: 'Thursday',
  Fri: 'Friday',
  Sat: 'Saturday',
};

it.each([
  [429, '7200'],
  [503, '7200'],
  [503, inTwoHours.toUTCString()],
  [
    503,
    `${days[weekday as keyof typeof days]}, ${String(day)}-${String(month)}-${String(year).slice(2)} ${String(time)} GMT`,
  ],
  [503, `${String(weekday)} ${String(month)} ${String(Number(day)).padStart(2)} ${String(time)} ${String(year)}`],
])('a response of %i with Retry-After: %s is repeated then', (status, header) => {
  const delay = retryDelay(5, 86_400, new RefusedError(status, header));
  expect(Math.abs(delay - 7200)).toBeLessThan(60);
});

it.each([
  ['a shorter wait', new RefusedError(429, '1'), 5],
  ['a time that has passed', new RefusedError(429, new Date(0).toUTCString()), 5],
  ['a longer wait than the maximum', new RefusedError(429, '99999999999999999999'), 86_400],
  ['another status', new RefusedError(500, '7200'), 5],
  ['a negative number', new RefusedError(429, '-7200'), 5],
  ['a number with a unit', new RefusedError(429, '7200s'), 5],
  ['no header', new RefusedError(503), 5],
  ['no response', new Error('timeout'), 5],
])('%s leaves the delay within its bounds', (_name, error, delay) => {
  expect(retryDelay(5, 86_400, error)).toBe(delay);
});
