import { Problem } from '#common';

export const providerUnknown = new Problem(404, 'identity_provider_unknown', 'There is no such identity provider');
export const providerUnavailable = new Problem(
  503,
  'identity_provider_unavailable',
  'The identity provider cannot be used now',
);
export const socialLoginFailed = new Problem(
  401,
  'social_login_failed',
  'The sign-in at the identity provider is not valid, has been used or has expired',
);
export const redirectUriUnknown = new Problem(
  422,
  'redirect_uri_unknown',
  'The provider is not set up for this redirect URI',
);
export const providerEmailUnverified = new Problem(
  403,
  'provider_email_unverified',
  'The identity provider does not vouch for an e-mail address',
);
export const identityUnlinked = new Problem(
  409,
  'identity_unlinked',
  'An account with this address exists; sign in and link the identity provider there',
);
export const identityTaken = new Problem(409, 'identity_taken', 'The identity belongs to another account');
export const identityNotFound = new Problem(404, 'identity_not_found', 'The account has no such identity');
export const lastLoginMethod = new Problem(
  409,
  'last_login_method',
  'Without this identity nobody could log in to the account',
);
export const reauthenticationRequired = new Problem(
  403,
  'reauthentication_required',
  'The password, or without one a login within the last 10 minutes, is required',
);
