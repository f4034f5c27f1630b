import type { AdminAccount } from '#client';
import { Anchor, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { PagedTable } from '../../kit/data-table.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { fill, useFormats, useTexts } from '../../language.ts';
import { RoleBadges, StatusBadges } from './badges.tsx';
import { BulkActs } from './bulk.tsx';
import { CreateAccount } from './create.tsx';
import { Filters } from './filters.tsx';
import { Invite } from './invite.tsx';
import { useAccounts, useSearchFields } from './search.ts';
import { texts } from './texts.ts';

const nobody: ReadonlySet<string> = new Set();

/** Searches accounts, and acts on several of them. */
export default function People() {
  const t = useTexts(texts);
  const { number } = useFormats();
  const search = useSearchFields();
  const { key, query } = useAccounts(search.fields);
  // another search begins with nobody selected, so that no act hits a person who is out of sight
  const [selection, setSelection] = useState({ key, ids: nobody });
  const selected = selection.key === key ? selection.ids : nobody;
  const select = (ids: ReadonlySet<string>) => {
    setSelection({ key, ids });
  };
  const accounts = query.data?.pages.flatMap((page) => page.accounts) ?? [];
  const count = query.data?.pages[0]?.count;

  return (
    <>
      <PageTitle title={t.title}>
        <Invite />
        <CreateAccount />
      </PageTitle>
      <Filters {...search} />
      <Group mih={36} mb="xs" gap="sm">
        <Text size="sm" role="status">
          {count && fill(count.exact ? t.count : t.estimate, { count: number(count.value) })}
        </Text>
        <BulkActs accounts={accounts.filter(({ id }) => selected.has(id))} onSelect={select} />
      </Group>
      <PagedTable
        label={t.title}
        query={query}
        rowsOf={(page) => page.accounts}
        empty={t.empty}
        selection={{ selected, onSelect: select, nameOf: ({ email }) => fill(t.selectOne, { email }) }}
        columns={[
          { header: t.email, cell: (account) => <PersonLink account={account} /> },
          { header: t.name, cell: ({ name }) => <span className="wrap">{name ?? '–'}</span> },
          { header: t.roles, cell: ({ roles }) => <RoleBadges roles={roles} /> },
          { header: t.status, cell: (account) => <StatusBadges account={account} /> },
          { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
        ]}
      />
    </>
  );
}

function PersonLink({ account: { id, email } }: { account: AdminAccount }) {
  return (
    <Anchor component={Link} href={`/people/${id}`}>
      {email}
    </Anchor>
  );
}
