import { z } from 'zod';
import { email } from '../../accounts/index.ts';
import { newPassword } from '../../passwords/index.ts';

export const registrationForm = z.object({ email, new_password: newPassword });

export type Registration = z.output<typeof registrationForm>;
