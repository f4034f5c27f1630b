import { Anchor, SegmentedControl, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import type { Mail } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { audited } from '../../kit/audited.ts';
import { PagedTable } from '../../kit/data-table.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { Section } from '../../kit/section.tsx';
import { fill, useFormats, useTexts } from '../../language.ts';
import { Previews } from './previews.tsx';
import { texts } from './texts.ts';

const states = ['waiting', 'failed', 'sent'] as const;
type State = (typeof states)[number];

function RetryAct({ id, recipient, template, created_at }: Mail) {
  const t = useTexts(texts);
  const { moment } = useFormats();
  return (
    <Act
      label={t.retry}
      of={`${recipient}, ${template}, ${moment(created_at)}`}
      description={fill(t.retryDescription, { recipient })}
      run={() => orThrow(api.POST('/auth/admin/mails/{id}/retry', { params: { path: { id } } }))}
      changes={['mails', 'statistics']}
      button={{ size: 'xs' }}
    />
  );
}

function Outbox() {
  const t = useTexts(texts);
  const [parameters, setParameters] = useSearchParams();
  const state: State = states.find((name) => name === parameters.get('state')) ?? 'waiting';
  const query = useInfiniteQuery({
    queryKey: ['mails', state],
    queryFn: ({ signal, pageParam }) =>
      orThrow(
        api.GET('/auth/admin/mails', {
          params: { query: { state, ...(pageParam && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    ...audited,
  });
  const when = {
    waiting: { header: t.nextAttempt, cell: ({ next_attempt_at }: Mail) => <Moment at={next_attempt_at} /> },
    failed: { header: t.failedAt, cell: ({ failed_at }: Mail) => <Moment at={failed_at} /> },
    sent: { header: t.sentAt, cell: ({ sent_at }: Mail) => <Moment at={sent_at} /> },
  };
  return (
    <Section title={t.outbox} rows={query.data?.pages.flatMap(({ mails }) => mails).length}>
      <SegmentedControl
        transitionDuration={0}
        aria-label={t.state}
        value={state}
        onChange={(value) => {
          setParameters({ state: value });
        }}
        data={states.map((value) => ({ value, label: t.states[value] }))}
        maw={420}
      />
      {state === 'sent' && <Text size="sm">{t.sentText}</Text>}
      <PagedTable
        label={t.outbox}
        query={query}
        rowsOf={({ mails }) => mails}
        empty={t.empty}
        columns={[
          {
            header: t.recipient,
            cell: ({ recipient, account_id }) =>
              account_id === null ? (
                <span className="wrap">{recipient}</span>
              ) : (
                <Anchor component={Link} href={`/people/${account_id}`} className="wrap">
                  {recipient}
                </Anchor>
              ),
          },
          { header: t.template, cell: ({ template, locale }) => `${template} (${locale})` },
          { header: t.attempts, cell: ({ attempts }) => attempts },
          { header: t.error, cell: ({ last_error }) => <span className="wrap">{last_error ?? '–'}</span> },
          when[state],
          { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
          { header: t.expires, cell: ({ expires_at }) => <Moment at={expires_at} /> },
          ...(state === 'sent' ? [] : [{ header: t.action, cell: (mail: Mail) => <RetryAct {...mail} /> }]),
        ]}
      />
    </Section>
  );
}

/** The mails that wait or have failed, and what mails look like. */
export default function MailPage() {
  const t = useTexts(texts);
  return (
    <>
      <PageTitle title={t.title} />
      <Outbox />
      <Previews />
    </>
  );
}
