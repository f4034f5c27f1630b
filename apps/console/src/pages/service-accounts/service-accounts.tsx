import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Lines } from '../../kit/facts.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useTexts } from '../../language.ts';
import { bodyOf, emptyDraft, isComplete, ServiceAccountFields } from './fields.tsx';
import { texts } from './texts.ts';

/** Creates a service account and leads to its page, where it gets a key. */
function CreateAct() {
  const t = useTexts(texts);
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(emptyDraft);
  const create = async () => {
    const { id } = await orThrow(api.POST('/auth/admin/service-accounts', { body: bodyOf(draft) }));
    navigate(`/service-accounts/${id}`);
  };
  return (
    <Act
      label={t.create}
      description={t.createDescription}
      fields={
        <ServiceAccountFields
          draft={draft}
          onChange={(change) => {
            setDraft((before) => ({ ...before, ...change }));
          }}
        />
      }
      canRun={isComplete(draft)}
      run={create}
      onOpen={() => {
        setDraft(emptyDraft);
      }}
      changes={['service-accounts']}
      button={{ variant: 'filled' }}
    />
  );
}

/** Lists the programs that call services in their own name, all of which the service returns at once. */
export default function ServiceAccounts() {
  const t = useTexts(texts);
  const query = useQuery({
    queryKey: ['service-accounts'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/service-accounts', { signal })),
  });
  return (
    <>
      <PageTitle title={t.title}>
        <CreateAct />
      </PageTitle>
      <Loaded query={query}>
        {({ service_accounts: rows }) => (
          <DataTable
            label={t.title}
            empty={t.none}
            rows={rows}
            columns={[
              {
                header: t.name,
                cell: ({ id, name }) => (
                  <Anchor component={Link} href={`/service-accounts/${id}`} className="wrap">
                    {name}
                  </Anchor>
                ),
              },
              { header: t.scopes, cell: ({ scopes }) => <Lines texts={scopes} /> },
              { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
