import type { HtmlEscapedString } from 'hono/utils/html';
import { type Locale, localeOf, textsOf } from '../../texts/index.ts';
import type { PageSettings } from './page-settings.ts';
import type { Html, Page } from './page.ts';

/** What the frame of a page needs to know. */
export type PageFrame = Pick<Page, 'texts' | 'locale' | 'languages' | 'settings'>;

/**
 * The frame of a page outside of the pages' own controllers.
 * @param acceptLanguage what the reader's browser states: see `readerLanguage`
 * @param preferred the language that the person reads, if it is known
 */
export function frameOf(
  settings: PageSettings,
  acceptLanguage: string | null,
  preferred: Locale | null = null,
): PageFrame {
  const locale = preferred ?? localeOf(acceptLanguage);
  return { texts: textsOf(locale).pages, locale, languages: [], settings };
}

/** The document of a page whose parts are all synchronous. */
export const htmlOf = (html: Html): string => `<!doctype html>${html as HtmlEscapedString}`;
