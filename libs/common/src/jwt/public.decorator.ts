import { SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

export const IS_AUTH_OPTIONAL = 'is auth optional';
export const IS_EXPIRY_IGNORED = 'is expiry ignored';

/**
 * Allows calls without an access token, and authenticates those that have one: an invalid one is rejected. The handler's
 * principal is undefined for the others.
 */
export const OptionalAuth = () => SetMetadata(IS_AUTH_OPTIONAL, true);

/**
 * Also authenticates calls whose access token has expired, if its signature is that of a current key. Whether the session still
 * exists is then not checked. For routes that only end the token's session.
 */
export const AcceptExpiredToken = () => SetMetadata(IS_EXPIRY_IGNORED, true);

/**
 * Treats calls with an access token that the route does not accept as calls without one, if their body, before it is validated,
 * meets the condition. For `@OptionalAuth()` routes that a caller may use by what the body contains.
 */
export const IgnoreUnusableToken = Reflector.createDecorator<{ ifBody: (body: unknown) => boolean }>();
