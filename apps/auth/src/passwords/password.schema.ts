import { z } from 'zod';

/** The lowest `PASSWORD_MIN_LENGTH`. */
const minLength = 8;
/** Of a password to set, in characters. */
export const maxPasswordLength = 128;
/** Other systems allow longer passwords than this one, whose hashes can be imported. */
const maxExistingLength = 4096;

/** NFKC (NIST SP 800-63B-4 §3.1.1.2): the same password typed on different keyboards must match. */
const normalized = z.string().transform((password) => password.normalize('NFKC'));

/** The length of a password in characters, as NIST SP 800-63B-4 §3.1.1.2 counts them: one for each code point. */
export const lengthOf = (password: string) => Array.from(password).length;

/** A password to verify, as it was typed: an imported hash may be of that form. */
export const existingPassword = z
  .string()
  .refine(
    (password) => password !== '' && lengthOf(password) <= maxExistingLength,
    `must have 1 to ${String(maxExistingLength)} characters`,
  )
  .meta({ minLength: 1, maxLength: maxExistingLength, example: 'violet-otter-hums-42-songs' });

/** The password of the caller's account, for a change that only an account without a password allows without it. */
export const ownPassword = existingPassword
  .optional()
  .meta({ description: 'required if the account has a password; otherwise a recent login is' });

/** A password to set. `PasswordsService.assertStrong` checks its strength, and its length against `PASSWORD_MIN_LENGTH`. */
export const newPassword = normalized
  .refine(
    (password) => lengthOf(password) >= minLength && lengthOf(password) <= maxPasswordLength,
    `must have ${String(minLength)} to ${String(maxPasswordLength)} characters`,
  )
  .meta({ minLength, maxLength: maxPasswordLength, example: 'violet-otter-hums-42-songs' });
