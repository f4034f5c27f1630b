import { Anchor, Badge, Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { PagedTable } from '../../kit/data-table.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

/** Searches accounts. */
export default function People() {
  const t = useTexts(texts);
  const [search, setSearch] = useState('');
  const [prefix] = useDebouncedValue(search.trim(), 200);
  const query = useInfiniteQuery({
    queryKey: ['accounts', prefix],
    queryFn: ({ signal, pageParam }) =>
      orThrow(
        api.GET('/auth/admin/accounts', {
          params: { query: { ...(prefix && { email_prefix: prefix }), ...(pageParam && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageTitle title={t.title} />
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
      <PagedTable
        label={t.title}
        query={query}
        rowsOf={({ accounts }) => accounts}
        empty={t.empty}
        columns={[
          {
            header: t.email,
            cell: ({ id, email }) => (
              <Anchor component={Link} href={`/people/${id}`} className="wrap">
                {email}
              </Anchor>
            ),
          },
          {
            header: t.roles,
            cell: ({ roles }) => (
              <Group gap={4}>
                {roles.map((role) => (
                  <Badge key={role} variant="default">
                    {role}
                  </Badge>
                ))}
              </Group>
            ),
          },
          { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
        ]}
      />
    </>
  );
}
