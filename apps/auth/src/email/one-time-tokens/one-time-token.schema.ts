import { z } from 'zod';

/** A one-time token in a request body. White space around it, as from copying it, is ignored. */
export const oneTimeToken = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .meta({ description: 'token from the link in the e-mail', example: 'ot_n7Ck1cXo…' });
