import { randomUUID } from 'node:crypto';
import { Client, newEmail } from './client.ts';
import type { ConsoleAdmin } from './console.ts';
import { strongPassword, type TestService } from './service.ts';

/** Text that a page must show and never run. */
export const markup = '<img src=x onerror="globalThis.attacked=1">';

/** An account with something in each section of its page. Wherever others write a text, it is markup. */
export async function personWithMarkup(
  service: TestService,
  admin: ConsoleAdmin,
): Promise<{ id: string; email: string }> {
  const client = new Client(service.url);
  const email = newEmail();
  await client.register(email);
  await client.call('POST', '/auth/login', {
    body: { email, password: strongPassword },
    headers: { 'user-agent': markup },
  });
  const { rows } = await service.database.query<{ id: string }>('SELECT id FROM account WHERE email = $1', [email]);
  const id = rows[0]?.id ?? '';
  const profile = {
    name: markup,
    picture: `https://example.com/${encodeURIComponent(markup)}`,
    public_metadata: { markup },
  };
  await client.call('PATCH', `/auth/admin/accounts/${id}`, { token: admin.accessToken, body: profile });
  const application = await client.call('POST', '/auth/admin/applications', {
    token: admin.accessToken,
    body: { client_id: randomUUID(), name: markup, kind: 'web', redirect_uris: ['https://app.example.com/callback'] },
  });
  await service.database.query(
    `INSERT INTO passkey (id, account_id, credential_id, public_key, counter, transports, synced, name)
     VALUES (gen_random_uuid(), $1, uuid_send($1::uuid), 'key', 0, '{}', true, $2)`,
    [id, markup],
  );
  await service.database.query(
    `INSERT INTO external_identity (id, account_id, provider, issuer, subject, email)
     VALUES (gen_random_uuid(), $1, 'google', 'https://accounts.google.com', $2, $2)`,
    [id, email],
  );
  await service.database.query(
    `INSERT INTO openid_consent (account_id, application_id, permissions) VALUES ($1, $2, '{openid,email}')`,
    [id, application.body.id],
  );
  return { id, email };
}
