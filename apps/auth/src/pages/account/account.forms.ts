import { z } from 'zod';
import { email } from '../../accounts/index.ts';
import { totpConfirmationSchema } from '../../login/mfa/index.ts';
import { passkeyRegistrationSchema } from '../../login/passkeys/index.ts';
import { newPassword } from '../../passwords/index.ts';
import { jsonField, type Page } from '../kit/index.ts';

export const proofForm = (page: Page) => z.object({ password: page.proof });
export const passwordChangeForm = (page: Page) => proofForm(page).extend({ new_password: newPassword });
export const emailChangeForm = (page: Page) => proofForm(page).extend({ new_email: email });
export const codeForm = totpConfirmationSchema.strip();
export const sessionForm = z.object({ id: z.uuid() });
export const passkeyCreationForm = z.object({
  name: passkeyRegistrationSchema.shape.name,
  credential: jsonField.pipe(passkeyRegistrationSchema.shape.credential),
});
export const passkeyRemovalForm = (page: Page) => proofForm(page).extend({ id: z.uuid() });
