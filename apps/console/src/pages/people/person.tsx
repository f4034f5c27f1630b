import type { AdminAccount } from '#client';
import { Anchor, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { Link, useParams } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useTexts } from '../../language.ts';
import { NotFound } from '../../layout/not-found.tsx';
import { useIdentity } from '../../session/identity.ts';
import { RoleBadges, StatusBadges } from './badges.tsx';
import { Applications } from './person/applications.tsx';
import { Data } from './person/data.tsx';
import { Logins } from './person/logins.tsx';
import { Profile } from './person/profile.tsx';
import { audited } from '../../kit/audited.ts';
import { Sessions } from './person/sessions.tsx';
import { Status } from './person/status.tsx';
import { texts } from './person/texts.ts';
import { Timeline } from './person/timeline.tsx';

/** The sections of the page, by the last part of their path. */
const sections = {
  '': Profile,
  status: Status,
  logins: Logins,
  sessions: Sessions,
  applications: Applications,
  timeline: Timeline,
  data: Data,
} satisfies Record<string, ComponentType<{ account: AdminAccount }>>;

type SectionName = keyof typeof sections;

const isSection = (name: string): name is SectionName => Object.hasOwn(sections, name);

/** Everything about an account, and what an admin can do about it. */
export default function Person() {
  const t = useTexts(texts);
  const { id, section = '' } = useParams<{ id: string; section?: string }>();
  const query = useQuery({
    queryKey: ['account', id],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/accounts/{id}', { params: { path: { id } }, signal })),
    ...audited,
  });
  if (!isSection(section)) {
    return <NotFound />;
  }
  const Content = sections[section];
  return (
    <>
      <Anchor component={Link} href="/people" size="sm">
        {t.back}
      </Anchor>
      <PageTitle title={query.data?.email ?? t.person} />
      <Loaded query={query}>
        {(account) => (
          <>
            <Summary account={account} />
            <nav aria-label={t.sections} className="section-links">
              {Object.keys(sections)
                .filter(isSection)
                .map((name) => (
                  <Anchor
                    key={name}
                    component={Link}
                    href={`/people/${account.id}${name && `/${name}`}`}
                    aria-current={name === section ? 'page' : undefined}
                    underline="never"
                  >
                    {t.names[name]}
                  </Anchor>
                ))}
            </nav>
            <Content account={account} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Summary({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const self = useIdentity();
  return (
    <Group gap="sm" mb="md">
      {account.name !== null && <Text className="wrap">{account.name}</Text>}
      <RoleBadges roles={account.roles} />
      <StatusBadges account={account} />
      {account.id === self.id && <Text fw={600}>{t.self}</Text>}
    </Group>
  );
}
