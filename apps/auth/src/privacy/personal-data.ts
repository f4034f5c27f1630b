// Temporary: the statements of tables whose repositories offer no `personalData(accountId)` yet. Each of them moves to
// its table's repository; then this file goes.
import { queryRows, sql, type Queryable, type Sql } from '#common';

const statements: Record<string, (accountId: string) => Sql> = {
  sessions: (accountId) => sql`/* sessions.personal-data */
      SELECT json_build_object('id', id, 'created_at', created_at, 'last_used_at', last_used_at, 'expires_at', expires_at,
      'address', host(address), 'user_agent', user_agent, 'amr', amr, 'authenticated_at', authenticated_at) AS row
      FROM session WHERE account_id = ${accountId} ORDER BY created_at`,
  one_time_tokens: (accountId) => sql`/* one-time-tokens.personal-data */
      SELECT json_build_object('purpose', purpose, 'detail', detail, 'expires_at', expires_at) AS row
      FROM one_time_token WHERE account_id = ${accountId} ORDER BY expires_at`,
  mails: (accountId) => sql`/* mails.personal-data */
      SELECT json_build_object('recipient', recipient, 'template', template, 'locale', locale, 'created_at', m.created_at,
      'sent_at', sent_at) AS row
      FROM mail m JOIN account a ON lower(a.email) = lower(m.recipient) WHERE a.id = ${accountId} ORDER BY m.created_at`,
  totp: (accountId) => sql`/* totp.personal-data */
      SELECT json_build_object('created_at', created_at, 'confirmed_at', confirmed_at) AS row
      FROM totp WHERE account_id = ${accountId}`,
  recovery_codes: (accountId) => sql`/* recovery-codes.personal-data */
      SELECT json_build_object('left', count(*)) AS row FROM recovery_code WHERE account_id = ${accountId}`,
  passkeys: (accountId) => sql`/* passkeys.personal-data */
      SELECT json_build_object('id', id, 'name', name, 'transports', transports, 'synced', synced, 'created_at', created_at,
      'last_used_at', last_used_at) AS row
      FROM passkey WHERE account_id = ${accountId} ORDER BY created_at`,
  external_identities: (accountId) => sql`/* external-identities.personal-data */
      SELECT json_build_object('id', id, 'provider', provider, 'issuer', issuer, 'subject', subject, 'email', email,
      'created_at', created_at, 'last_used_at', last_used_at) AS row
      FROM external_identity WHERE account_id = ${accountId} ORDER BY created_at`,
  social_flows: (accountId) => sql`/* social-flows.personal-data */
      SELECT json_build_object('provider', provider, 'redirect_uri', redirect_uri, 'expires_at', expires_at) AS row
      FROM social_flow WHERE account_id = ${accountId} ORDER BY expires_at`,
};

export const temporarySources = (on: Queryable) =>
  Object.entries(statements).map(([name, statement]) => ({
    name,
    personalData: async (accountId: string): Promise<unknown[]> =>
      (await queryRows<{ row: unknown }>(on, statement(accountId))).map(({ row }) => row),
  }));

/** A page of the events in which an account acted or was acted upon; of other actors, only that they acted. */
export function personalEvents(
  on: Queryable,
  accountId: string,
  after: string,
  limit: number,
): Promise<{ id: string; row: unknown }[]> {
  return queryRows(
    on,
    sql`/* audit.personal-data */
      SELECT id, json_build_object('id', id, 'occurred_at', occurred_at, 'type', type,
        'actor', CASE WHEN actor_id = ${accountId} THEN 'self' WHEN actor_id IS NOT NULL THEN 'other' END,
        'address', CASE WHEN actor_id IS NULL OR actor_id = ${accountId} THEN host(address) END,
        'user_agent', CASE WHEN actor_id IS NULL OR actor_id = ${accountId} THEN user_agent END,
        'detail', CASE WHEN subject_id = ${accountId} THEN detail END) AS row
      FROM audit_event WHERE (actor_id = ${accountId} OR subject_id = ${accountId}) AND id > ${after}
      ORDER BY id LIMIT ${limit}`,
  );
}
