import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'is public';

/** Allows calls without an access token. All other routes require one. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
