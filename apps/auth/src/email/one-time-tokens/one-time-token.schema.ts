import { z } from 'zod';

/** A one-time token in a request body. */
export const oneTimeToken = z
  .string()
  .min(1)
  .max(128)
  .meta({ description: 'token from the link in the e-mail', example: 'ot_n7Ck1cXo…' });
