import type { Locale } from '../../email/templates/index.ts';
import { de } from './messages/de.ts';
import { en, type Texts } from './messages/en.ts';
import { es } from './messages/es.ts';
import { fr } from './messages/fr.ts';

const texts: Readonly<Record<Locale, Texts>> = { en, de, fr, es };

/** The texts of the pages in a language. */
export const textsOf = (locale: Locale): Texts => texts[locale];

/** Replaces each `{name}` in a text by its value. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
