import type { paths } from '#client';

export type AuditQuery = NonNullable<paths['/auth/admin/audit']['get']['parameters']['query']>;

/** What the form filters by, as text. The page's URL keeps it, so that a search can be linked to. */
export interface Filter {
  type: string;
  account: string;
  actor: string;
  subject: string;
  from: string;
  until: string;
}

const members = ['type', 'account', 'actor', 'subject', 'from', 'until'] as const satisfies (keyof Filter)[];

export const filterOf = (parameters: URLSearchParams): Filter => ({
  type: parameters.get('type') ?? '',
  account: parameters.get('account') ?? '',
  actor: parameters.get('actor') ?? '',
  subject: parameters.get('subject') ?? '',
  from: parameters.get('from') ?? '',
  until: parameters.get('until') ?? '',
});

/** The members of a filter that have a value. */
export function parametersOf(filter: Filter): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const name of members) {
    const value = filter[name].trim();
    if (value !== '') {
      parameters[name] = value;
    }
  }
  return parameters;
}

const instant = (local: string) => (Number.isNaN(Date.parse(local)) ? local : new Date(local).toISOString());

/** The parameters of the API for a filter. */
export function queryOf({ type, account, actor, subject, from, until }: Filter): AuditQuery {
  const types = type
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return {
    ...(types.length > 0 && { type: types.join(',') }),
    ...(account.trim() && { account_id: account.trim() }),
    ...(actor.trim() && { actor_id: actor.trim() }),
    ...(subject.trim() && { subject_id: subject.trim() }),
    ...(from && { from: instant(from) }),
    ...(until && { until: instant(until) }),
  };
}
