import { z } from 'zod';
import { email } from '../../accounts/index.ts';
import { stepUpSchema } from '../../login/mfa/index.ts';
import { loginSchema } from '../../login/password/index.ts';
import { passkeyLoginSchema } from '../../login/passkeys/index.ts';
import { existingPassword } from '../../passwords/index.ts';

import { jsonField } from '../kit/index.ts';

export const credentialsForm = loginSchema.strip();
export const emailForm = z.object({ email });
export const passkeyForm = z.object({ credential: jsonField.pipe(passkeyLoginSchema.shape.credential) });

/** What proves again who holds a session. */
export type Confirmation = { code: string } | { password: string };

/** @param by what the page asks for; it accepts nothing else */
export const confirmationSchema = (by: 'code' | 'password' | undefined): z.ZodType<Confirmation> =>
  by === 'code' ? stepUpSchema.strip() : by === 'password' ? z.object({ password: existingPassword }) : z.never();
