import { expect, it } from 'vitest';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { isDatabaseUnavailable, isUniqueViolation } from './database-errors.ts';

const failed = (code: string, constraint?: string) =>
  new QueryFailedError('SELECT', [], Object.assign(new Error('refused'), { code, constraint }));

it.each([
  failed('57P01'),
  failed('53300'),
  failed('08006'),
  failed('40P01'),
  failed('25006'),
  Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  new AggregateError([Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })]),
  new Error('Connection terminated unexpectedly'),
  new Error('timeout exceeded when trying to connect'),
  new Error('Query read timeout'),
  new QueryRunnerAlreadyReleasedError(),
])('classifies %p as an unavailable database', (error) => {
  expect(isDatabaseUnavailable(error)).toBe(true);
});

it.each([failed('23505'), failed('42601'), new Error('anything else'), undefined, 'Connection terminated'])(
  'does not classify %p as an unavailable database',
  (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  },
);

it('distinguishes violations of different constraints', () => {
  expect(isUniqueViolation(failed('23505', 'a'), 'a')).toBe(true);
  expect(isUniqueViolation(failed('23505', 'b'), 'a')).toBe(false);
  expect(isUniqueViolation(new Error('a'), 'a')).toBe(false);
});
