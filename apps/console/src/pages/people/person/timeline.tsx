import type { AdminAccount } from '#client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, orThrow } from '../../../api.ts';
import { audited } from '../../../kit/audited.ts';
import { PagedTable } from '../../../kit/data-table.tsx';
import { Section } from '../../../kit/section.tsx';
import { useTexts } from '../../../language.ts';
import { EventDialog } from '../../audit/event-dialog.tsx';
import { useEventColumns } from '../../audit/events.tsx';
import type { AuditEvent } from '../../audit/tail.ts';
import { texts } from './texts.ts';

/** What the account has done and what was done to it, the latest first. */
export function Timeline({ account: { id } }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const [opened, setOpened] = useState<AuditEvent>();
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
        columns={useEventColumns(setOpened, id)}
      />
      <EventDialog
        event={opened}
        onClose={() => {
          setOpened(undefined);
        }}
      />
    </Section>
  );
}
