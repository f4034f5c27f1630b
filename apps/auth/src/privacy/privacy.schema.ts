import { z } from 'zod';

const rows = z.array(z.record(z.string(), z.unknown()));

export const personalDataSchema = z.object({ exported_at: z.iso.datetime() }).catchall(rows).meta({
  id: 'PersonalData',
  description: 'Everything stored about an account, by kind, without secrets, hashes and private metadata',
});

export const personalDataExample = {
  exported_at: '2026-11-25T12:00:00.000Z',
  account: [{ id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10', email: 'ada@example.com', roles: ['user'] }],
  sessions: [{ id: '0199f2c4-77aa-7c1e-8f5e-0d9a4b6c2e11', address: '192.0.2.7', user_agent: 'curl/8.14.1' }],
  audit_events: [{ occurred_at: '2026-11-25T12:00:00.000Z', type: 'login.succeeded', actor: 'self' }],
};
