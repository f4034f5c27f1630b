import { Problem } from '#common';

export const adminEmailUnverified = new Problem(
  409,
  'admin_email_unverified',
  'An admin needs a verified e-mail address',
);
export const adminRequired = new Problem(
  403,
  'admin_required',
  'Only an admin may change an admin’s account, make an admin or vouch for an e-mail address',
);
export const emailTaken = new Problem(409, 'email_taken', 'An account with this e-mail address exists');
export const registrationClosed = new Problem(403, 'registration_closed', 'Registration is by invitation only');
export const lastAdmin = new Problem(409, 'last_admin', 'At least one active admin must remain');
export const passwordIncorrect = new Problem(403, 'password_incorrect', 'The current password is not correct');
export const passwordReused = new Problem(
  422,
  'password_reused',
  'An admin has forced a reset of this password; choose another one',
);
