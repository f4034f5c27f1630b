import { Problem } from '#common';

export const refreshTokenInvalid = new Problem(401, 'refresh_token_invalid', 'The refresh token is not valid');
export const loginRefused = new Problem(
  401,
  'sign_in_refused',
  'The account is disabled, or has changed since the login began',
);
export const sessionNotFound = new Problem(404, 'session_not_found', 'The account has no such session');
