import { mails as germanMails } from './de/mails.ts';
import { pages as germanPages } from './de/pages.ts';
import { mails as englishMails } from './en/mails.ts';
import { pages as englishPages, type PageTexts } from './en/pages.ts';
import { mails as spanishMails } from './es/mails.ts';
import { pages as spanishPages } from './es/pages.ts';
import { mails as frenchMails } from './fr/mails.ts';
import { pages as frenchPages } from './fr/pages.ts';
import type { Locale } from './locale.ts';
import type { MailTexts } from './mails.ts';

/** All that people read in one language. */
export interface Texts {
  mails: MailTexts;
  pages: PageTexts;
}

const texts: Readonly<Record<Locale, Texts>> = {
  en: { mails: englishMails, pages: englishPages },
  de: { mails: germanMails, pages: germanPages },
  fr: { mails: frenchMails, pages: frenchPages },
  es: { mails: spanishMails, pages: spanishPages },
};

/** The texts in a language. */
export const textsOf = (locale: Locale): Texts => texts[locale];

/** Replaces each `{name}` in a text by its value. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
