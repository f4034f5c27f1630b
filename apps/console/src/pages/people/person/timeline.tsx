import type { AdminAccount, AuditPage } from '#client';
import { Anchor, Code, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, orThrow } from '../../../api.ts';
import { PagedTable } from '../../../kit/data-table.tsx';
import { Moment } from '../../../kit/moment.tsx';
import { Section } from '../../../kit/section.tsx';
import { useTexts } from '../../../language.ts';
import { audited } from './queries.ts';
import { texts } from './texts.ts';

type Event = AuditPage['events'][number];

/** What the account has done and what was done to it, the latest first. */
export function Timeline({ account: { id } }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const query = useInfiniteQuery({
    queryKey: ['account', id, 'timeline'],
    queryFn: ({ signal, pageParam }) =>
      orThrow(
        api.GET('/auth/admin/audit', {
          params: { query: { account_id: id, ...(pageParam && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    ...audited,
  });
  return (
    <Section title={t.names.timeline}>
      <PagedTable
        label={t.names.timeline}
        query={query}
        rowsOf={({ events }) => events}
        empty={t.noEvents}
        columns={[
          { header: t.when, cell: ({ occurred_at }) => <Moment at={occurred_at} /> },
          { header: t.event, cell: ({ type }) => <Code>{type}</Code> },
          { header: t.by, cell: ({ actor_id }) => <Party id={actor_id} owner={id} /> },
          { header: t.about, cell: ({ subject_id }) => <Party id={subject_id} owner={id} /> },
          { header: t.from, cell: (event) => <Origin event={event} /> },
          { header: t.details, cell: ({ detail }) => <Details detail={detail} /> },
        ]}
      />
    </Section>
  );
}

/** Who has acted or was affected: the page's account, another one or nobody known. */
function Party({ id, owner }: { id: string | null; owner: string }) {
  const t = useTexts(texts);
  if (id === null) {
    return '–';
  }
  return id === owner ? (
    t.thisAccount
  ) : (
    <Anchor component={Link} href={`/people/${id}`} size="xs">
      {id}
    </Anchor>
  );
}

function Origin({ event: { address, user_agent } }: { event: Event }) {
  return (
    <>
      {address ?? '–'}
      {user_agent !== null && (
        <Text size="xs" className="wrap" maw={280}>
          {user_agent}
        </Text>
      )}
    </>
  );
}

function Details({ detail }: { detail: Event['detail'] }) {
  const entries = Object.entries(detail);
  return entries.length === 0
    ? '–'
    : entries.map(([name, value]) => (
        <Text key={name} size="xs" className="wrap" maw={320}>
          {name}: {typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : JSON.stringify(value)}
        </Text>
      ));
}
