import { z } from 'zod';

const minLength = 8;
const maxLength = 128;

/** NFKC (NIST SP 800-63B-4 §3.1.1.2): the same password typed on different keyboards must match. */
const text = z.string().transform((password) => password.normalize('NFKC'));

const lengthOf = (password: string) => Array.from(password).length;

/** A password to verify. */
export const existingPassword = text
  .refine(
    (password) => password !== '' && lengthOf(password) <= maxLength,
    `must have 1 to ${String(maxLength)} characters`,
  )
  .meta({ minLength: 1, maxLength, example: 'violet-otter-hums-42-songs' });

/** A password to set. Only its length is validated here; `PasswordsService.assertStrong` checks its strength. */
export const newPassword = text
  .refine(
    (password) => lengthOf(password) >= minLength && lengthOf(password) <= maxLength,
    `must have ${String(minLength)} to ${String(maxLength)} characters`,
  )
  .meta({ minLength, maxLength, example: 'violet-otter-hums-42-songs' });
