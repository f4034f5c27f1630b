import { Problem } from '#common';

export const credentialsInvalid = new Problem(
  401,
  'credentials_invalid',
  'The e-mail address or the password is not correct',
);
