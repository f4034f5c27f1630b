import { z } from 'zod';
import { email } from '../../accounts/index.ts';
import { existingPassword } from '../../passwords/index.ts';

export const loginSchema = z
  .strictObject({ email, password: existingPassword })
  .meta({ id: 'Credentials', example: { email: 'ada@example.com', password: 'violet-otter-hums-42-songs' } });

export type Credentials = z.output<typeof loginSchema>;
