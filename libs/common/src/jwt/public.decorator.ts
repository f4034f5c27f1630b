import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'is public';
export const IS_AUTH_OPTIONAL = 'is auth optional';

/** Allows calls without an access token. All other routes require one. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

/**
 * Allows calls without an access token, and authenticates those that have one: an invalid one is rejected. The handler's
 * principal is undefined for the others.
 */
export const OptionalAuth = () => SetMetadata(IS_AUTH_OPTIONAL, true);
