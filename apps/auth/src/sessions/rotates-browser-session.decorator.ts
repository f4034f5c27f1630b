import { SetMetadata } from '@nestjs/common';

export const ROTATES_BROWSER_SESSION = 'rotates the cookie of the session';

/**
 * Marks a route that proves again who the caller is, or changes what opens the account: it replaces the cookie of the caller's session,
 * so that nobody who has stolen the earlier value gets what the owner has just proved.
 */
export const RotatesBrowserSession = () => SetMetadata(ROTATES_BROWSER_SESSION, true);
