import { Anchor, Switch, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, orThrow, queries } from '../../api.ts';
import { DataTable, PagedTable } from '../../kit/data-table.tsx';
import { Failure } from '../../kit/failure.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useFormats, useTexts } from '../../language.ts';
import { EventDialog } from './event-dialog.tsx';
import { ExportAct } from './export-act.tsx';
import { FilterForm } from './filter-form.tsx';
import { filterOf, parametersOf, queryOf, type AuditQuery } from './filter.ts';
import { follow, maxLiveEvents, type AuditEvent, type Tail } from './tail.ts';
import { texts } from './texts.ts';
import { Who } from './who.tsx';

const pollMs = 4000;

type OnOpen = (event: AuditEvent) => void;

function useColumns(onOpen: OnOpen) {
  const t = useTexts(texts);
  const { time } = useFormats();
  return [
    {
      header: t.time,
      cell: ({ occurred_at }: AuditEvent) => (
        <time dateTime={occurred_at}>{time(occurred_at, { dateStyle: 'short', timeStyle: 'medium' })}</time>
      ),
    },
    {
      header: t.type,
      cell: (event: AuditEvent) => (
        <Anchor
          component="button"
          type="button"
          onClick={() => {
            onOpen(event);
          }}
        >
          {event.type}
        </Anchor>
      ),
    },
    { header: t.actor, cell: ({ actor_id }: AuditEvent) => <Who id={actor_id} /> },
    { header: t.subject, cell: ({ subject_id, type }: AuditEvent) => <Who id={subject_id} type={type} /> },
    { header: t.address, cell: ({ address }: AuditEvent) => address ?? '–' },
  ];
}

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
    // each search is an event itself
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const columns = useColumns(onOpen);
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
  const columns = useColumns(onOpen);
  return (
    <>
      {query.isRefetchError && <Failure error={query.error} />}
      <Text size="sm" c="dimmed" mb="xs">
        {t.following.replace('{n}', String(maxLiveEvents))}
      </Text>
      <Loaded query={query}>
        {({ events }) => <DataTable label={t.title} rows={events} empty={t.nothingYet} columns={columns} />}
      </Loaded>
    </>
  );
}

/** Searches the audit trail, follows it and exports it. */
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
        key={parameters.toString()}
        filter={filter}
        onSearch={(next) => {
          setParameters(parametersOf(next));
          void queries.invalidateQueries({ queryKey: ['audit'] });
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
