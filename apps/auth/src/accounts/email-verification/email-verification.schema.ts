import { z } from 'zod';
import { oneTimeToken } from '../../email/one-time-tokens/index.ts';

export const confirmationSchema = z
  .strictObject({ token: oneTimeToken })
  .meta({ id: 'Confirmation', example: { token: 'ot_n7Ck1cXo…' } });

export type Confirmation = z.output<typeof confirmationSchema>;
