import { z } from 'zod';
import { email } from '../index.ts';
import { ownPassword } from '../../passwords/index.ts';
import { verificationConfirmationSchema } from '../email-verification/index.ts';

export const emailChangeSchema = z.strictObject({ email, password: ownPassword }).meta({
  id: 'EmailChange',
  example: { email: 'ada.king@example.com', password: 'violet-otter-hums-42-songs' },
});

export const emailChangeConfirmationSchema = z.strictObject(verificationConfirmationSchema.shape).meta({
  id: 'EmailChangeConfirmation',
  example: { token: 'ot_n7Ck1cXo…', password: 'violet-otter-hums-42-songs' },
});

export type EmailChangeConfirmation = z.output<typeof emailChangeConfirmationSchema>;

export type EmailChange = z.output<typeof emailChangeSchema>;
