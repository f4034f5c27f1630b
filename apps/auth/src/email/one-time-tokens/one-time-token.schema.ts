import { z } from 'zod';

/** A one-time token as it comes back. */
export const oneTimeToken = z
  .string()
  .min(1)
  .max(128)
  .meta({ description: 'from the link in the mail', example: 'ot_n7Ck1cXo…' });
