import { Problem } from '#common';

export const oneTimeTokenInvalid = new Problem(
  400,
  'one_time_token_invalid',
  'The token is not valid, was already used or has expired',
);
