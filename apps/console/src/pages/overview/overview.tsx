import { Anchor, List, Paper, SegmentedControl, SimpleGrid, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Statistics } from '#client';
import { api, orThrow } from '../../api.ts';
import { BarChart } from '../../kit/chart.tsx';
import { Section } from '../../kit/section.tsx';
import { Failure } from '../../kit/failure.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useFormats, useTexts } from '../../language.ts';
import { concernsOf } from './concerns.ts';
import { texts } from './texts.ts';

const periods = ['hour', 'day', 'month'] as const;
type Period = (typeof periods)[number];
const refreshMs = 30_000;
const secondsPerDay = 86_400;

const labelFormats: Record<Period, Intl.DateTimeFormatOptions> = {
  hour: { hour: '2-digit', minute: '2-digit' },
  day: { weekday: 'short', hour: '2-digit', minute: '2-digit' },
  // days are those of UTC
  month: { day: 'numeric', month: 'short', timeZone: 'UTC' },
};

function Tile({ name, value, link }: { name: string; value: string; link: string }) {
  const { labelled } = useFormats();
  return (
    <Paper withBorder p="sm">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Anchor component={Link} href={link} size="xl" fw={600} aria-label={labelled(name, value)}>
        {value}
      </Anchor>
    </Paper>
  );
}

function Present({ now }: { now: Statistics['now'] }) {
  const t = useTexts(texts);
  const { number, duration } = useFormats();
  const counted = ({ value, exact }: { value: number; exact: boolean }) => (exact ? '' : '≈ ') + number(value);
  const age = now.signing_key_seconds;
  const days = age === null ? t.none : duration(Math.floor(age / secondsPerDay), 'day');
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 5 }} spacing="sm">
      <Tile name={t.accounts} value={counted(now.accounts)} link="/people" />
      <Tile name={t.sessions} value={counted(now.active_sessions)} link="/people" />
      <Tile name={t.mailsWaiting} value={counted(now.mails_waiting)} link="/mail" />
      <Tile name={t.mailsFailed} value={counted(now.mails_failed)} link="/mail?state=failed" />
      <Tile name={t.keyAge} value={days} link="/signing-keys" />
    </SimpleGrid>
  );
}

function Attention({ statistics }: { statistics: Statistics }) {
  const t = useTexts(texts);
  const settings = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/settings', { signal })),
    staleTime: Infinity,
  });
  const webhooks = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/webhooks', { signal })),
    refetchInterval: refreshMs,
  });
  const rotation = settings.data?.settings.find(({ name }) => name === 'KEY_ROTATION_INTERVAL_SECONDS')?.value;
  const rotationSeconds = typeof rotation === 'number' ? rotation : undefined;
  return (
    <Section title={t.attention}>
      {settings.isError && <Failure error={settings.error} retry={() => void settings.refetch()} />}
      <Loaded query={webhooks}>
        {({ webhooks: subscribers }) => <Concerns concerns={concernsOf(statistics, subscribers, rotationSeconds)} />}
      </Loaded>
    </Section>
  );
}

function Concerns({ concerns }: { concerns: ReturnType<typeof concernsOf> }) {
  const t = useTexts(texts);
  if (concerns.length === 0) {
    return <Text>{t.allWell}</Text>;
  }
  return (
    <List>
      {concerns.map(({ name, link }) => (
        <List.Item key={name}>
          <Anchor component={Link} href={link}>
            {t.concerns[name]}
          </Anchor>
        </List.Item>
      ))}
    </List>
  );
}

function Charts({ buckets, period }: { buckets: Statistics['buckets']; period: Period }) {
  const t = useTexts(texts);
  const { time } = useFormats();
  const chart = (title: string, member: Exclude<keyof Statistics['buckets'][number], 'from'>) => (
    <BarChart
      title={title}
      isState={member === 'active_sessions'}
      labels={t.time}
      bars={buckets.map((bucket) => ({
        id: bucket.from,
        label: time(bucket.from, labelFormats[period]),
        value: bucket[member],
      }))}
    />
  );
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      {chart(t.logins, 'logins_succeeded')}
      {chart(t.failures, 'logins_failed')}
      {chart(t.registrations, 'registrations')}
      {chart(t.rateLimited, 'rate_limited')}
      {chart(t.sessions, 'active_sessions')}
    </SimpleGrid>
  );
}

const useStatistics = (period: Period) =>
  useQuery({
    queryKey: ['statistics', period],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/statistics', { params: { query: { period } }, signal })),
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });

/** How the service does now and did of late. */
export default function Overview() {
  const t = useTexts(texts);
  const [period, setPeriod] = useState<Period>('day');
  // what needs attention does not depend on what the charts show
  const day = useStatistics('day');
  const charts = useStatistics(period);
  return (
    <>
      <PageTitle title={t.title} />
      <Loaded query={day}>
        {(statistics) => (
          <>
            <Present now={statistics.now} />
            <Attention statistics={statistics} />
          </>
        )}
      </Loaded>
      <Section
        title={t.activity}
        actions={
          <SegmentedControl
            transitionDuration={0}
            aria-label={t.period}
            value={period}
            onChange={setPeriod}
            data={periods.map((value) => ({ value, label: t.periods[value] }))}
          />
        }
      >
        <Loaded query={charts}>{({ buckets }) => <Charts buckets={buckets} period={period} />}</Loaded>
      </Section>
    </>
  );
}
