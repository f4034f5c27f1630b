import { expect, it } from 'vitest';
import { localeOf } from './locale.ts';

it.each([
  ['de-CH, fr;q=0.8', 'de'],
  ['fr-FR', 'fr'],
  ['nl, es;q=0.5', 'es'],
  ['ja', 'en'],
  ['*', 'en'],
  ['', 'en'],
  [null, 'en'],
  [';;q=q,,', 'en'],
])('reads accept-language %p as %s', (header, locale) => {
  expect(localeOf(header)).toBe(locale);
});
