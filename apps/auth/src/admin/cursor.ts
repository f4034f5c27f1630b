import { instant } from '#common';
import { z } from 'zod';

/** An opaque position in the order of a list. */
export const cursor = z
  .string()
  .regex(/^[\w-]{1,344}$/)
  .transform((text) => Buffer.from(text, 'base64url').toString('latin1'))
  .refine((text) => /^[\x21-\x7e]+$/.test(text), 'must be the `next` of a page');

const creationPosition = z.tuple([z.iso.datetime({ precision: 6 }).pipe(instant), z.uuid()]);

/** Whether a decoded cursor is a position in the order of creation: a time and an id. */
export const isCreationPosition = (text: string): boolean => creationPosition.safeParse(text.split(',')).success;

export const encodeCursor = (position: string): string => Buffer.from(position).toString('base64url');
