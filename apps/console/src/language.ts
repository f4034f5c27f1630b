import { createContext, useContext } from 'react';
import { stored } from './stored.ts';

/** The languages of the console, those of the pages. */
export const locales = ['en', 'de', 'fr', 'es'] as const;
export type Locale = (typeof locales)[number];

/** Texts in all languages. */
export type Translated<Texts> = Readonly<Record<Locale, Texts>>;

const storageKey = 'console-language';

const isLocale = (text: string | undefined | null): text is Locale => locales.some((locale) => locale === text);

/** The language that a person has chosen, otherwise the first of the browser's that there are texts in. */
export function initialLocale(): Locale {
  const preferred = [stored.get(storageKey), ...navigator.languages.map((tag) => tag.split('-', 1)[0])];
  return preferred.find(isLocale) ?? 'en';
}

export function keepLocale(locale: Locale): void {
  stored.set(storageKey, locale);
}

export const LocaleContext = createContext<{ locale: Locale; setLocale: (locale: Locale) => void }>({
  locale: 'en',
  setLocale: () => undefined,
});

/** The texts in the person's language. */
export const useTexts = <Texts>(texts: Translated<Texts>): Texts => texts[useContext(LocaleContext).locale];

/** A text with values in place of `{name}`. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);

/** Formats numbers, durations, moments and labels for the person's language, in the browser's time zone. */
export function useFormats() {
  const { locale } = useContext(LocaleContext);
  return {
    number: (value: number) => new Intl.NumberFormat(locale).format(value),
    duration: (value: number, unit: 'second' | 'hour' | 'day') =>
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value),
    moment: (iso: string) =>
      new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso)),
    time: (iso: string, options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(locale, options).format(new Date(iso)),
    /** A label before what it is about: French puts a space before the colon. */
    labelled: (label: string, value: string) => `${label}${locale === 'fr' ? '\u202f' : ''}: ${value}`,
  };
}
