import { Problem } from '#common';

export const clientInvalid = new Problem(401, 'client_invalid', 'The client id or the API key is not valid');
export const grantTypeUnsupported = new Problem(
  400,
  'grant_type_unsupported',
  'The grant type must be client_credentials',
  'unsupported_grant_type',
);
export const scopeInvalid = new Problem(
  400,
  'scope_invalid',
  'The API key lacks one of the requested scopes',
  'invalid_scope',
);
