import { z } from 'zod';
import { oneTimeToken } from '../../email/one-time-tokens/index.ts';
import { newPassword } from '../../passwords/index.ts';

export const acceptanceSchema = z
  .strictObject({ token: oneTimeToken, password: newPassword })
  .meta({ id: 'InvitationAcceptance', example: { token: 'ot_n7Ck1cXo…', password: 'violet-otter-hums-42-songs' } });

export type Acceptance = z.output<typeof acceptanceSchema>;
