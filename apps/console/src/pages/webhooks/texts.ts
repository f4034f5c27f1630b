import type { Translated } from '../../language.ts';
import { de } from './texts.de.ts';
import { en } from './texts.en.ts';
import { es } from './texts.es.ts';
import { fr } from './texts.fr.ts';

export const texts: Translated<typeof en> = { en, de, fr, es };
