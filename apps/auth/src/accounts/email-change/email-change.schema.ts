import { z } from 'zod';
import { email } from '../index.ts';
import { existingPassword } from '../../passwords/index.ts';

export const emailChangeSchema = z.strictObject({ email, password: existingPassword }).meta({
  id: 'EmailChange',
  example: { email: 'ada.king@example.com', password: 'violet-otter-hums-42-songs' },
});

export type EmailChange = z.output<typeof emailChangeSchema>;
