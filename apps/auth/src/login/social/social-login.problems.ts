import { Problem } from '#common';

export const providerUnknown = new Problem(404, 'identity_provider_unknown', 'OpenID provider not found');
export const providerUnavailable = new Problem(
  503,
  'identity_provider_unavailable',
  'The OpenID provider is not available',
);
export const socialLoginFailed = new Problem(
  401,
  'social_login_failed',
  'The login with the OpenID provider is not valid, has been used or has expired',
);
export const socialLoginDenied = new Problem(
  403,
  'social_login_denied',
  'The login was cancelled or denied at the identity provider',
);
export const redirectUriUnknown = new Problem(
  422,
  'redirect_uri_unknown',
  'The settings of the provider do not contain this redirect URI',
);
export const providerEmailUnverified = new Problem(
  403,
  'provider_email_unverified',
  'The OpenID provider has not verified an e-mail address',
);
export const identityUnlinked = new Problem(
  403,
  'identity_unlinked',
  'The identity was unlinked from the account; log in another way, and link it again',
);
export const identityTaken = new Problem(409, 'identity_taken', 'The identity belongs to another account');
export const identityNotFound = new Problem(404, 'identity_not_found', 'The account has no such identity');
