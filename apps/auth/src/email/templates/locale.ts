import Negotiator from 'negotiator';
import { locales, type Locale } from './message.ts';

/** The language that a reader states by `accept-language`; null if the header states none. */
export function statedLocale(acceptLanguage: string | null): Locale | null {
  return acceptLanguage === null || acceptLanguage.trim() === '*' ? null : localeOf(acceptLanguage);
}

/** Selects the language of a mail by `accept-language` (RFC 9110 §12.5.4); English if none matches. */
export function localeOf(acceptLanguage: string | null): Locale {
  const headers = { 'accept-language': acceptLanguage ?? '' };
  const wanted = new Negotiator({ headers }).language([...locales]);
  return locales.find((locale) => locale === wanted) ?? 'en';
}
