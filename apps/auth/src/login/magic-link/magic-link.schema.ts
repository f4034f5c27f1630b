import { z } from 'zod';
import { email } from '../../accounts/index.ts';

export const magicLinkRequestSchema = z
  .strictObject({ email })
  .meta({ id: 'MagicLinkRequest', example: { email: 'ada@example.com' } });
