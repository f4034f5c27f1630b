import { z } from 'zod';
import { email } from '../index.ts';
import { oneTimeToken } from '../../email/one-time-tokens/index.ts';
import { newPassword } from '../../passwords/index.ts';

export const passwordResetRequestSchema = z
  .strictObject({ email })
  .meta({ id: 'PasswordResetRequest', example: { email: 'ada@example.com' } });

export const passwordResetSchema = z.strictObject({ token: oneTimeToken, password: newPassword }).meta({
  id: 'PasswordReset',
  example: { token: 'ot_n7Ck1cXo…', password: 'amber-heron-reads-97-maps' },
});
