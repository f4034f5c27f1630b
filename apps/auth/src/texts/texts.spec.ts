import { describe, expect, it } from 'vitest';
import { locales, textsOf } from './index.ts';

/** What reads the same as in English. */
const sameAsEnglish: Readonly<Record<string, string[]>> = {
  de: ['pages.common.code', 'pages.passkeys.title', 'pages.passkeys.name'],
  fr: ['pages.common.code'],
  es: [],
};

/** All texts of a tree, as pairs of its path and the text. */
function leaves(tree: object, path: string[] = []): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, [...path, key])
      : [[[...path, key].join('.'), String(value)] as [string, string]],
  );
}

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

const english = leaves(textsOf('en'));

describe.each(locales.filter((locale) => locale !== 'en'))('the texts in %s', (locale) => {
  const translated = leaves(textsOf(locale));
  const textAt = new Map(translated);

  it('have the keys of English, in the same order', () => {
    expect(translated.map(([path]) => path)).toEqual(english.map(([path]) => path));
  });

  it('are not empty', () => {
    expect(translated.filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have the placeholders of English', () => {
    const used = (texts: [string, string][]) => texts.map(([path, text]) => [path, placeholders(text)]);
    expect(used(translated)).toEqual(used(english));
  });

  it('are translated', () => {
    const same = english.filter(([path, text]) => textAt.get(path) === text).map(([path]) => path);
    expect(same).toEqual(sameAsEnglish[locale]);
  });
});
