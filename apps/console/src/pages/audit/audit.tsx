import { Switch, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, orThrow, queries } from '../../api.ts';
import { audited } from '../../kit/audited.ts';
import { DataTable, PagedTable } from '../../kit/data-table.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { fill, useTexts } from '../../language.ts';
import { EventDialog } from './event-dialog.tsx';
import { useEventColumns, type OnOpen } from './events.tsx';
import { ExportAct } from './export-act.tsx';
import { FilterForm } from './filter-form.tsx';
import { filterOf, parametersOf, queryOf, type AuditQuery } from './filter.ts';
import { follow, maxLiveEvents, type AuditEvent, type Tail } from './tail.ts';
import { texts } from './texts.ts';

const pollMs = 4000;

function Found({ query: filter, onOpen }: { query: AuditQuery; onOpen: OnOpen }) {
  const t = useTexts(texts);
  const query = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) =>
      orThrow(
        api.GET('/auth/admin/audit', {
          params: { query: { ...filter, ...(pageParam && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    ...audited,
  });
  const columns = useEventColumns(onOpen);
  return <PagedTable label={t.title} query={query} rowsOf={({ events }) => events} empty={t.empty} columns={columns} />;
}

/** Polls while it is shown and the browser's tab is visible. */
function Live({ query: filter, onOpen }: { query: AuditQuery; onOpen: OnOpen }) {
  const t = useTexts(texts);
  const queryKey = ['audit-tail', filter];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => follow(filter, queries.getQueryData<Tail>(queryKey), signal),
    refetchInterval: pollMs,
    refetchIntervalInBackground: false,
    gcTime: 0,
    staleTime: 0,
  });
  const columns = useEventColumns(onOpen);
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        {fill(t.following, { n: String(maxLiveEvents) })}
      </Text>
      <Loaded query={query}>
        {({ events }) => <DataTable label={t.title} rows={events} empty={t.nothingYet} columns={columns} />}
      </Loaded>
    </>
  );
}

/** Searches the audit log, follows it and exports it. */
export default function Audit() {
  const t = useTexts(texts);
  const [parameters, setParameters] = useSearchParams();
  const [isLive, setLive] = useState(false);
  const [opened, setOpened] = useState<AuditEvent>();
  const filter = filterOf(parameters);
  const query = queryOf(filter);
  const list = { query, onOpen: setOpened };
  return (
    <>
      <PageTitle title={t.title}>
        <ExportAct query={query} />
      </PageTitle>
      <FilterForm
        filter={filter}
        onSearch={(next) => {
          const searched = new URLSearchParams(parametersOf(next));
          if (searched.toString() === new URLSearchParams(parametersOf(filter)).toString()) {
            void queries.invalidateQueries({ queryKey: ['audit', query] });
          } else {
            setParameters(searched);
          }
        }}
      />
      <Switch
        label={t.follow}
        mb="md"
        checked={isLive}
        onChange={({ currentTarget }) => {
          setLive(currentTarget.checked);
        }}
      />
      {isLive ? <Live {...list} /> : <Found {...list} />}
      <EventDialog
        event={opened}
        onClose={() => {
          setOpened(undefined);
        }}
      />
    </>
  );
}
