import { z } from 'zod';
import { oneTimeToken } from '../../email/one-time-tokens/index.ts';
import { existingPassword, newPassword } from '../../passwords/index.ts';

export const linkForm = z.object({ token: oneTimeToken });
export const verificationForm = z.object({ token: oneTimeToken, password: existingPassword.optional() });
export const newPasswordForm = z.object({ token: oneTimeToken, new_password: newPassword });
