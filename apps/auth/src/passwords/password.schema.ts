import { z } from 'zod';

const minLength = 8;
const maxLength = 128;
/** Other systems allow longer passwords than this one, whose hashes can be imported. */
const maxExistingLength = 4096;

/** NFKC (NIST SP 800-63B-4 §3.1.1.2): the same password typed on different keyboards must match. */
const normalized = z.string().transform((password) => password.normalize('NFKC'));

const lengthOf = (password: string) => Array.from(password).length;

/** A password to verify, as it was typed: an imported hash may be of that form. */
export const existingPassword = z
  .string()
  .refine(
    (password) => password !== '' && lengthOf(password) <= maxExistingLength,
    `must have 1 to ${String(maxExistingLength)} characters`,
  )
  .meta({ minLength: 1, maxLength: maxExistingLength, example: 'violet-otter-hums-42-songs' });

/** A password to set. Only its length is validated here; `PasswordsService.assertStrong` checks its strength. */
export const newPassword = normalized
  .refine(
    (password) => lengthOf(password) >= minLength && lengthOf(password) <= maxLength,
    `must have ${String(minLength)} to ${String(maxLength)} characters`,
  )
  .meta({ minLength, maxLength, example: 'violet-otter-hums-42-songs' });
