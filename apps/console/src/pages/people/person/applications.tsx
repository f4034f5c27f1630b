import type { AdminAccount } from '#client';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, orThrow } from '../../../api.ts';
import { DataTable } from '../../../kit/data-table.tsx';
import { Loaded } from '../../../kit/loaded.tsx';
import { Moment } from '../../../kit/moment.tsx';
import { Scopes } from '../../../kit/scopes.tsx';
import { Section } from '../../../kit/section.tsx';
import { fill, useTexts } from '../../../language.ts';
import { PersonAct } from './person-act.tsx';
import { audited } from '../../../kit/audited.ts';
import { texts } from './texts.ts';

/** The applications that the owner has let into the account. */
export function Applications({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const { id } = account;
  const query = useQuery({
    queryKey: ['account', id, 'applications'],
    queryFn: ({ signal }) =>
      orThrow(api.GET('/auth/admin/accounts/{id}/applications', { params: { path: { id } }, signal })),
    ...audited,
  });
  const withdraw = (clientId: string) =>
    orThrow(api.DELETE('/auth/admin/accounts/{id}/applications/{clientId}', { params: { path: { id, clientId } } }));
  return (
    <Section title={t.names.applications} text={t.applicationsText} rows={query.data?.applications.length}>
      <Loaded query={query}>
        {({ applications }) => (
          <DataTable
            label={t.names.applications}
            rows={applications.map((application) => ({ ...application, id: application.client_id }))}
            empty={t.noApplications}
            columns={[
              {
                header: t.name,
                cell: ({ name, client_id }) => (
                  <>
                    <span className="wrap">{name}</span>
                    {name !== client_id && (
                      <Text size="xs" className="wrap">
                        {client_id}
                      </Text>
                    )}
                  </>
                ),
              },
              {
                header: t.scopes,
                cell: ({ scopes, scope_descriptions }) => <Scopes names={scopes} descriptions={scope_descriptions} />,
              },
              { header: t.granted, cell: ({ granted_at }) => <Moment at={granted_at} /> },
              {
                header: t.action,
                cell: ({ client_id, name }) => (
                  <PersonAct
                    account={account}
                    label={t.withdraw}
                    of={name}
                    description={fill(t.withdrawText, { name })}
                    isDestructive
                    button={{ size: 'xs' }}
                    run={() => withdraw(client_id)}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
