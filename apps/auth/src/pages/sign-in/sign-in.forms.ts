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

/** @param byCode whether a code is asked for instead of the password */
export const confirmationSchema = (byCode: boolean): z.ZodType<Confirmation> =>
  byCode ? stepUpSchema.strip() : z.object({ password: existingPassword });
