import { z } from 'zod';
import { email } from '../index.ts';
import { oneTimeToken } from '../../email/one-time-tokens/index.ts';
import { existingPassword } from '../../passwords/index.ts';

export const confirmationSchema = z
  .strictObject({ token: oneTimeToken })
  .meta({ id: 'Confirmation', example: { token: 'ot_n7Ck1cXo…' } });

export type Confirmation = z.output<typeof confirmationSchema>;

export const verificationRequestSchema = z
  .strictObject({ email })
  .meta({ id: 'VerificationRequest', example: { email: 'ada@example.com' } });

export const verificationConfirmationSchema = z
  .strictObject({
    token: oneTimeToken,
    password: existingPassword
      .optional()
      .meta({ description: 'the account’s password, if the request has no access token of the account' }),
  })
  .meta({
    id: 'VerificationConfirmation',
    example: { token: 'ot_n7Ck1cXo…', password: 'violet-otter-hums-42-songs' },
  });

export type VerificationConfirmation = z.output<typeof verificationConfirmationSchema>;
