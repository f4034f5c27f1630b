import { Problem } from '#common';

export const emailUnverified = new Problem(
  403,
  'email_unverified',
  'The account’s e-mail address must be verified before the login',
);
