import { Problem } from '#common';

export const registrationTokenInvalid = new Problem(
  401,
  'registration_token_invalid',
  'The initial access token is not valid',
  'invalid_token',
);
export const redirectUriInvalid = new Problem(
  400,
  'redirect_uri_invalid',
  'A redirect URI is not valid',
  'invalid_redirect_uri',
);
export const clientMetadataInvalid = new Problem(
  400,
  'client_metadata_invalid',
  'The client metadata is not valid',
  'invalid_client_metadata',
);
