/** What of one table is told to the account that it is about; secrets and their hashes never are. */
export interface PersonalData {
  /** As which it is exported. */
  name: string;
  table: string;
  /** Gives JSON objects in a column `row`; `$1` is the account. */
  statement: string;
}

/**
 * Whatever is stored about an account, but for the audit trail. privacy.e2e.ts fails for a table that refers to accounts and
 * is not here.
 */
export const personalData: PersonalData[] = [
  {
    name: 'account',
    table: 'account',
    statement: `
      SELECT json_build_object('id', id, 'email', email, 'email_verified_at', email_verified_at, 'roles', roles,
        'created_at', created_at, 'password_changed_at', password_changed_at, 'disabled_at', disabled_at) AS row
      FROM account WHERE id = $1`,
  },
  {
    name: 'sessions',
    table: 'session',
    statement: `
      SELECT json_build_object('id', id, 'created_at', created_at, 'last_used_at', last_used_at, 'expires_at', expires_at,
        'address', host(address), 'user_agent', user_agent) AS row
      FROM session WHERE account_id = $1 ORDER BY created_at`,
  },
  {
    name: 'one_time_tokens',
    table: 'one_time_token',
    statement: `
      SELECT json_build_object('purpose', purpose, 'detail', detail, 'expires_at', expires_at) AS row
      FROM one_time_token WHERE account_id = $1 ORDER BY expires_at`,
  },
  {
    name: 'mails',
    table: 'mail',
    statement: `
      SELECT json_build_object('recipient', recipient, 'template', template, 'locale', locale, 'created_at', m.created_at,
        'sent_at', sent_at) AS row
      FROM mail m JOIN account a ON lower(a.email) = lower(m.recipient) WHERE a.id = $1 ORDER BY m.created_at`,
  },
];

/** Where a page of the audit trail begins. */
export const firstEvent = '00000000-0000-0000-0000-000000000000';
export const eventsPage = 1000;

/** A page of what an account did and what happened to it; of others that acted, no more than that they did. */
export const eventsStatement = `
  SELECT id, json_build_object('id', id, 'occurred_at', occurred_at, 'type', type,
    'actor', CASE WHEN actor_id = $1 THEN 'self' WHEN actor_id IS NOT NULL THEN 'other' END,
    'address', CASE WHEN actor_id IS NULL OR actor_id = $1 THEN host(address) END,
    'user_agent', CASE WHEN actor_id IS NULL OR actor_id = $1 THEN user_agent END,
    'detail', CASE WHEN subject_id = $1 THEN detail END) AS row
  FROM audit_event WHERE (actor_id = $1 OR subject_id = $1) AND id > $2
  ORDER BY id LIMIT ${String(eventsPage)}`;
