import { z } from 'zod';
import { clientIdPattern } from '../applications/index.ts';

const consentSchema = z.object({
  client_id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  scope_descriptions: z
    .record(z.string(), z.string())
    .meta({ description: 'what the application says that its own scopes allow' }),
  granted_at: z.string(),
  updated_at: z.string(),
});

/** What the owner of an account lets an application do. */
export type Consent = z.output<typeof consentSchema>;

export const consentListSchema = z
  .object({ applications: z.array(consentSchema) })
  .meta({ id: 'ConsentList', description: 'Applications that the owner has given access to' });

export const consentListExample = {
  applications: [
    {
      client_id: 'notes',
      name: 'Notes',
      scopes: ['email', 'notes:read', 'openid'],
      scope_descriptions: { 'notes:read': 'read your notes' },
      granted_at: '2026-11-25T12:00:00.000Z',
      updated_at: '2026-11-25T12:00:00.000Z',
    },
  ],
};

export const clientIdSchema = z.string().regex(clientIdPattern).meta({ description: 'client id of the application' });
