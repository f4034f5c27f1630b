import { parse } from 'node:querystring';
import { z } from 'zod';
import { role } from '../accounts/index.ts';

/** What a gateway requires of the callers of a route. */
export const requirementsSchema = z
  .strictObject({
    role: role.optional().meta({ description: 'a role that the account must have' }),
    acr: z.literal('aal2').optional().meta({
      description: '`aal2`: the session must have proved a second factor recently, within `STEP_UP_MAX_AGE_SECONDS`',
    }),
    redirect_status: z.enum(['303', '401']).default('303').meta({
      description:
        'status of the response that sends a browser to the page to sign in; 401 for gateways that pass on no redirect',
    }),
  })
  .meta({ id: 'ForwardAuthRequirements' });

export type Requirements = z.output<typeof requirementsSchema>;

/** {@link requirementsSchema} as a segment of a path: a query string, or `-` for none. */
export const requirementsSegmentSchema = z.object({
  requirements: z
    .string()
    .transform((segment) => ({ ...parse(segment === '-' ? '' : segment) }))
    .pipe(requirementsSchema),
});
