import { contextOf, type RequestContext } from '#common';
import type { FastifyRequest } from 'fastify';
import { parseCookie, stringifySetCookie } from 'cookie';
import { localeOf, locales, type Locale } from '../../texts/index.ts';

const name = 'locale';
const maxAgeSeconds = 31_536_000;

/** A language that the reader can choose, and the page in it. */
export interface LanguageLink {
  locale: Locale;
  href: string;
}

const localeIn = (value: unknown): Locale | undefined => locales.find((locale) => locale === value);
const choiceIn = (query: unknown) => localeIn((query as Record<string, unknown> | undefined)?.[name]);

type Reader = Pick<FastifyRequest, 'query' | 'headers'>;

/** The language that the reader has chosen on a page, now or before. */
const chosenLocale = ({ query, headers }: Reader): Locale | undefined =>
  choiceIn(query) ?? localeIn(parseCookie(headers.cookie ?? '')[name]);

/** What the reader's browser states by `accept-language`, or the language that the reader has chosen on a page instead. */
export const readerLanguage = (reader: Reader): string | null =>
  chosenLocale(reader) ?? reader.headers['accept-language'] ?? null;

/**
 * The language of a page.
 * @param ofAccount the account's, which leaves the reader no choice on pages
 * @param stated by the application that has sent the reader here
 */
export const pageLocale = (reader: Reader, ofAccount: Locale | null, stated: Locale | null): Locale =>
  (ofAccount ? undefined : chosenLocale(reader)) ??
  stated ??
  ofAccount ??
  localeOf(reader.headers['accept-language'] ?? null);

/** The context of a request for a page: the mails that it sends are in the reader's language too. */
export const readerContext = (request: FastifyRequest): RequestContext => ({
  ...contextOf(request),
  acceptLanguage: readerLanguage(request),
});

/** A `set-cookie` header that keeps the language that the URL chooses; undefined if it chooses none. */
export function languageCookie({ query }: Pick<FastifyRequest, 'query'>, secure: boolean): string | undefined {
  const value = choiceIn(query);
  return (
    value &&
    stringifySetCookie({ name, value, path: '/', maxAge: maxAgeSeconds, httpOnly: true, sameSite: 'lax', secure })
  );
}

/** Links to the same page in all languages. A page that answers a form has none, because a link would lose it. */
export function languageLinks({ method, query }: Pick<FastifyRequest, 'method' | 'query'>): LanguageLink[] {
  const hrefOf = (locale: Locale) =>
    `?${new URLSearchParams({ ...(query as Record<string, string>), [name]: locale }).toString()}`;
  return method === 'GET' ? locales.map((locale) => ({ locale, href: hrefOf(locale) })) : [];
}
