import { Problem } from '#common';

export const emailTaken = new Problem(409, 'email_taken', 'An account with this e-mail address exists');
export const passwordIncorrect = new Problem(403, 'password_incorrect', 'The current password is not correct');
