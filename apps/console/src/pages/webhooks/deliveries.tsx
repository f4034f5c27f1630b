import { SegmentedControl, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { WebhookDelivery } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { PagedTable } from '../../kit/data-table.tsx';
import { Section } from '../../kit/section.tsx';
import { Moment } from '../../kit/moment.tsx';
import { useFormats, useTexts } from '../../language.ts';
import { texts } from './texts.ts';

const states = ['failed', 'waiting', 'delivered'] as const;
type State = (typeof states)[number];

/** Replays all dead letters since a moment, as many requests as it takes, each of which is bounded. */
function ReplayAllAct({ id }: { id: string }) {
  const t = useTexts(texts);
  const [since, setSince] = useState('');
  const replay = async () => {
    const request = { params: { path: { id } }, body: { since: new Date(since).toISOString() } };
    for (let replayed = 1; replayed > 0;) {
      ({ replayed } = await orThrow(api.POST('/auth/admin/webhooks/{id}/replay', request)));
    }
  };
  return (
    <Act
      label={t.replayAll}
      description={t.replayAllDescription}
      fields={
        <TextInput
          type="datetime-local"
          label={t.since}
          value={since}
          required
          onChange={({ currentTarget }) => {
            setSince(currentTarget.value);
          }}
        />
      }
      canRun={since !== ''}
      run={replay}
      onOpen={() => {
        setSince('');
      }}
      changes={['deliveries', 'webhooks']}
    />
  );
}

function ReplayAct({ id, delivery }: { id: string; delivery: WebhookDelivery }) {
  const t = useTexts(texts);
  const { moment } = useFormats();
  const params = { path: { id, deliveryId: delivery.id } };
  return (
    <Act
      label={t.replay}
      of={`${delivery.event_type}, ${moment(delivery.created_at)}`}
      description={t.replayDescription}
      run={() => orThrow(api.POST('/auth/admin/webhooks/{id}/deliveries/{deliveryId}/replay', { params }))}
      changes={['deliveries', 'webhooks']}
      button={{ size: 'xs' }}
    />
  );
}

/** The messages of a webhook by state, and their replay. */
export function Deliveries({ id }: { id: string }) {
  const t = useTexts(texts);
  const [state, setState] = useState<State>('failed');
  const query = useInfiniteQuery({
    queryKey: ['deliveries', id, state],
    queryFn: ({ signal, pageParam }) =>
      orThrow(
        api.GET('/auth/admin/webhooks/{id}/deliveries', {
          params: { path: { id }, query: { state, ...(pageParam && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  return (
    <Section
      title={t.deliveries}
      rows={query.data?.pages.flatMap(({ deliveries }) => deliveries).length}
      actions={<ReplayAllAct id={id} />}
    >
      <SegmentedControl
        transitionDuration={0}
        aria-label={t.state}
        value={state}
        onChange={setState}
        data={states.map((value) => ({ value, label: t.deliveryStates[value] }))}
        maw={420}
      />
      <PagedTable
        label={t.deliveries}
        query={query}
        rowsOf={({ deliveries }) => deliveries}
        empty={t.noDeliveries}
        columns={[
          { header: t.event, cell: ({ event_type }) => event_type },
          { header: t.attempts, cell: ({ attempts }) => attempts },
          { header: t.status, cell: ({ last_status }) => last_status ?? '–' },
          { header: t.error, cell: ({ last_error }) => <span className="wrap">{last_error ?? '–'}</span> },
          { header: t.queued, cell: ({ created_at }) => <Moment at={created_at} /> },
          state === 'waiting'
            ? { header: t.nextAttempt, cell: ({ next_attempt_at }) => <Moment at={next_attempt_at} /> }
            : { header: t.finished, cell: ({ finished_at }) => <Moment at={finished_at} /> },
          ...(state === 'waiting'
            ? []
            : [{ header: t.action, cell: (delivery: WebhookDelivery) => <ReplayAct id={id} delivery={delivery} /> }]),
        ]}
      />
    </Section>
  );
}
