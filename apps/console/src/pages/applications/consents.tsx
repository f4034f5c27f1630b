import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Application } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { audited } from '../../kit/audited.ts';
import { PagedTable } from '../../kit/data-table.tsx';
import { Moment } from '../../kit/moment.tsx';
import { Scopes } from '../../kit/scopes.tsx';
import { Section } from '../../kit/section.tsx';
import { fill, useTexts } from '../../language.ts';
import { texts } from './texts.ts';

/** The people who have let an application into their account. */
export function Consents({ application }: { application: Application }) {
  const t = useTexts(texts);
  const { id, name, client_id: clientId, scope_descriptions: descriptions } = application;
  const query = useInfiniteQuery({
    queryKey: ['consents', id],
    queryFn: ({ signal, pageParam }) =>
      orThrow(
        api.GET('/auth/admin/applications/{id}/consents', {
          params: { path: { id }, query: pageParam ? { after: pageParam } : {} },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    ...audited,
  });
  const rowsOf = ({ consents }: NonNullable<typeof query.data>['pages'][number]) =>
    consents.map((consent) => ({ ...consent, id: consent.account_id }));
  const withdraw = (accountId: string) => {
    const params = { path: { id: accountId, clientId } };
    return orThrow(api.DELETE('/auth/admin/accounts/{id}/applications/{clientId}', { params }));
  };
  return (
    <Section
      title={t.consents}
      text={application.first_party ? t.consentsFirstParty : t.consentsText}
      rows={query.data?.pages.flatMap(rowsOf).length}
    >
      <PagedTable
        label={t.consents}
        query={query}
        rowsOf={rowsOf}
        empty={t.noConsents}
        columns={[
          {
            header: t.account,
            cell: ({ account_id, email }) => (
              <Anchor component={Link} href={`/people/${account_id}`} className="wrap">
                {email}
              </Anchor>
            ),
          },
          { header: t.scopes, cell: ({ scopes }) => <Scopes names={scopes} descriptions={descriptions} /> },
          { header: t.granted, cell: ({ granted_at }) => <Moment at={granted_at} /> },
          { header: t.extended, cell: ({ updated_at }) => <Moment at={updated_at} /> },
          {
            header: t.action,
            cell: ({ account_id, email }) => (
              <Act
                label={t.withdraw}
                of={email}
                description={fill(t.withdrawText, { name, email })}
                isDestructive
                button={{ size: 'xs' }}
                run={() => withdraw(account_id)}
                changes={['consents', 'account']}
              />
            ),
          },
        ]}
      />
    </Section>
  );
}
