import Negotiator from 'negotiator';

/** The languages of mails and pages. */
export const locales = ['en', 'de', 'fr', 'es'] as const;
export type Locale = (typeof locales)[number];

/** The language that a reader states by `accept-language`; null if the header states none. */
export function statedLocale(acceptLanguage: string | null): Locale | null {
  return acceptLanguage === null || acceptLanguage.trim() === '*' ? null : localeOf(acceptLanguage);
}

/** The first of some language tags (BCP 47), separated by spaces, in whose language there are texts; null if there is none, or no text. */
export function firstLocale(tags: unknown): Locale | null {
  const languages = (typeof tags === 'string' ? tags : '').split(' ').map((tag) => tag.split('-', 1)[0]?.toLowerCase());
  return languages.flatMap((language) => locales.find((locale) => locale === language) ?? [])[0] ?? null;
}

/** Selects the language of a mail by `accept-language` (RFC 9110 §12.5.4); English if none matches. */
export function localeOf(acceptLanguage: string | null): Locale {
  const headers = { 'accept-language': acceptLanguage ?? '' };
  const wanted = new Negotiator({ headers }).language([...locales]);
  return locales.find((locale) => locale === wanted) ?? 'en';
}
