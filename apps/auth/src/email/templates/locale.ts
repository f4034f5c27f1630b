import Negotiator from 'negotiator';
import { locales, type Locale } from './message.ts';

/** Selects the language of a mail by `accept-language` (RFC 9110 §12.5.4); English if none matches. */
export function localeOf(acceptLanguage: string | null): Locale {
  const headers = { 'accept-language': acceptLanguage ?? '' };
  const wanted = new Negotiator({ headers }).language([...locales]);
  return locales.find((locale) => locale === wanted) ?? 'en';
}
