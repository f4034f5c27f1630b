import { z } from 'zod';

/** What breaks lines, changes the direction of the text around it, or has no character at all. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
/** A character that a reader sees: white space, the blank of Braille, and what fonts ignore are none, and a mark needs one to stand on. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{M}\u2800]/u;

/** A name of one line that other people read. */
export const displayText = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine((value) => !unprintable.test(value), { error: 'must not contain control characters', abort: true })
    .refine((value) => value === '' || visible.test(value), 'must have a visible character');
