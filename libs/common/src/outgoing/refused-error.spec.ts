import { expect, it } from '@jest/globals';
import { askedDelay, RefusedError } from './refused-error.ts';

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
])('a response of %i with Retry-After: %s asks to wait until then', (status, header) => {
  const delay = askedDelay(86_400, new RefusedError(status, header));
  expect(Math.abs(delay - 7200)).toBeLessThan(60);
});

it.each([
  ['a time that has passed', new RefusedError(429, new Date(0).toUTCString()), 0],
  ['a longer wait than the maximum', new RefusedError(429, '99999999999999999999'), 86_400],
  ['another status', new RefusedError(500, '7200'), 0],
  ['a negative number', new RefusedError(429, '-7200'), 0],
  ['a number with a unit', new RefusedError(429, '7200s'), 0],
  ['no header', new RefusedError(503), 0],
  ['no response', new Error('timeout'), 0],
])('%s asks for no more than the bounds', (_name, error, delay) => {
  expect(askedDelay(86_400, error)).toBe(delay);
});
