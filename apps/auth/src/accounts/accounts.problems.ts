import { Problem } from '#common';

export const emailTaken = new Problem(409, 'email_taken', 'An account with this e-mail address exists');
export const lastAdmin = new Problem(409, 'last_admin', 'At least one active admin must remain');
export const passwordIncorrect = new Problem(403, 'password_incorrect', 'The current password is not correct');
export const passwordReused = new Problem(
  422,
  'password_reused',
  'An admin has forced a reset of this password; choose another one',
);
