/** The paths of the library's endpoints. */
export const libraryRoutes = {
  authorization: '/openid/authorize',
  code_verification: '/openid/device',
  device_authorization: '/openid/device/authorize',
  end_session: '/openid/logout',
  introspection: '/openid/introspect',
  jwks: '/.well-known/jwks.json',
  pushed_authorization_request: '/openid/par',
  revocation: '/openid/revoke',
  token: '/openid/token',
  userinfo: '/openid/userinfo',
} as const;

/** Where applications register themselves (RFC 7591), if they may. */
export const registrationPath = '/openid/registration';

/**
 * Where a browser goes to sign in or to consent.
 * @param locale the language that the application states, which the pages on the way follow
 */
export const interactionPath = (uid: string, locale: string | null = null) =>
  `/openid/interactions/${uid}${locale === null ? '' : `?ui_locales=${locale}`}`;

/** The metadata of OpenID Connect Discovery, and of RFC 8414. */
export const discoveryPaths = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
