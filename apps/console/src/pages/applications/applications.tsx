import { Anchor, Badge, Group, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { DataTable } from '../../kit/data-table.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useTexts } from '../../language.ts';
import { NewApplicationAct } from './new-application.tsx';
import { texts } from './texts.ts';

/** Lists the clients of the OpenID provider, all of which the service returns at once. */
export default function Applications() {
  const t = useTexts(texts);
  const [search, setSearch] = useState('');
  const query = useQuery({
    queryKey: ['applications'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/applications', { signal })),
  });
  const wanted = search.trim().toLowerCase();
  return (
    <>
      <PageTitle title={t.title}>
        <NewApplicationAct />
      </PageTitle>
      <TextInput
        type="search"
        label={t.search}
        value={search}
        onChange={({ currentTarget }) => {
          setSearch(currentTarget.value);
        }}
        mb="md"
        maw={420}
      />
      <Loaded query={query}>
        {({ applications }) => (
          <DataTable
            label={t.title}
            empty={applications.length === 0 ? t.none : t.noMatch}
            rows={applications.filter(({ name, client_id }) =>
              [name, client_id].some((text) => text.toLowerCase().includes(wanted)),
            )}
            columns={[
              {
                header: t.name,
                cell: ({ id, name }) => (
                  <Anchor component={Link} href={`/applications/${id}`} className="wrap">
                    {name}
                  </Anchor>
                ),
              },
              { header: t.clientId, cell: ({ client_id }) => <span className="wrap">{client_id}</span> },
              { header: t.kind, cell: ({ kind }) => t.kinds[kind] },
              {
                header: t.properties,
                cell: ({ first_party, declared }) => (
                  <Group gap={4}>
                    {first_party && <Badge variant="default">{t.firstPartyBadge}</Badge>}
                    {declared && <Badge variant="default">{t.declaredBadge}</Badge>}
                  </Group>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
