import { expect, it } from 'vitest';
import { root } from '../lib/root.ts';
import { opensAt } from './sync-window.ts';

const opens = (environment: string, now: string) => opensAt(root, environment, new Date(now))?.toISOString();

it.each([
  ['within the window', '2026-11-30T08:00:00Z', undefined],
  ['in its last half hour', '2026-11-30T15:31:00Z', '2026-12-01T08:00:00.000Z'],
  ['at night', '2026-12-02T03:00:00Z', '2026-12-02T08:00:00.000Z'],
  ['after the last window of the week', '2026-12-03T20:00:00Z', '2026-12-07T08:00:00.000Z'],
])('prod %s', (_, now, expected) => {
  expect(opens('prod', now)).toBe(expected);
});

it('staging has no window and is always open', () => {
  expect(opens('staging', '2026-12-06T03:00:00Z')).toBeUndefined();
});
