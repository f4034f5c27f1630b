import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'is public';

/** Lets a route be called without an access token; all others need one. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
