import { Problem } from '#common';

export const serviceAccountNotFound = new Problem(404, 'service_account_not_found', 'Service account not found');
export const apiKeyNotFound = new Problem(404, 'api_key_not_found', 'API key not found');
export const nameTaken = new Problem(409, 'name_taken', 'A service account with this name already exists');
export const apiKeyRotated = new Problem(409, 'api_key_rotated', 'The API key already has a successor or has expired');
export const scopeNotAllowed = new Problem(
  422,
  'scope_not_allowed',
  'The service account lacks one of the requested scopes',
);
