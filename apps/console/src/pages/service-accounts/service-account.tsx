import { Anchor, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import type { ServiceAccount } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DeleteAct } from '../../kit/delete-act.tsx';
import { Facts, Lines } from '../../kit/facts.tsx';
import { Section } from '../../kit/section.tsx';
import { isGone, Loaded } from '../../kit/loaded.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { Copyable } from '../../kit/secret.tsx';
import { useTexts } from '../../language.ts';
import { ApiKeys } from './api-keys.tsx';
import { bodyOf, emptyDraft, isComplete, ServiceAccountFields } from './fields.tsx';
import { texts } from './texts.ts';

const tokenCommand = (id: string) =>
  `curl --fail-with-body --silent --user '${id}':"$API_KEY" '${location.origin}/auth/token' \\
  --data grant_type=client_credentials`;

function Details({ account }: { account: ServiceAccount }) {
  const t = useTexts(texts);
  const { id, scopes, created_at } = account;
  return (
    <>
      <Facts
        facts={[
          [t.id, id],
          [t.scopes, <Lines texts={scopes} />],
          [t.created, <Moment at={created_at} />],
        ]}
      />
      <ApiKeys account={account} />
      <Section title={t.use}>
        <Text size="sm">{t.useText}</Text>
        <Copyable text={tokenCommand(id)} />
      </Section>
      <Text mt="xl">
        <Anchor component={Link} href={`/audit?actor=${id}`}>
          {t.activity}
        </Anchor>
      </Text>
    </>
  );
}

function EditAct({ account }: { account: ServiceAccount }) {
  const t = useTexts(texts);
  const [draft, setDraft] = useState(emptyDraft);
  const params = { path: { id: account.id } };
  return (
    <Act
      label={t.edit}
      description={t.editDescription}
      fields={
        <ServiceAccountFields
          draft={draft}
          onChange={(change) => {
            setDraft((before) => ({ ...before, ...change }));
          }}
        />
      }
      canRun={isComplete(draft)}
      run={() => orThrow(api.PATCH('/auth/admin/service-accounts/{id}', { params, body: bodyOf(draft) }))}
      changes={['service-accounts', 'service-account']}
      onOpen={() => {
        setDraft({ name: account.name, scopes: account.scopes.join('\n') });
      }}
    />
  );
}

/** One service account with its API keys. */
export default function ServiceAccountPage() {
  const t = useTexts(texts);
  const { id } = useParams<{ id: string }>();
  const query = useQuery({
    queryKey: ['service-account', id],
    queryFn: ({ signal }) =>
      orThrow(api.GET('/auth/admin/service-accounts/{id}', { params: { path: { id } }, signal })),
  });
  return (
    <>
      <Anchor component={Link} href="/service-accounts">
        ← {t.title}
      </Anchor>
      <PageTitle title={query.data?.name ?? t.one}>
        {query.data && !isGone(query.error) && (
          <>
            <EditAct account={query.data} />
            <DeleteAct
              label={t.delete}
              description={t.deleteDescription}
              typedName={query.data.name}
              run={() => orThrow(api.DELETE('/auth/admin/service-accounts/{id}', { params: { path: { id } } }))}
              list="service-accounts"
              detail={['service-account', id]}
            />
          </>
        )}
      </PageTitle>
      <Loaded query={query}>{(account) => <Details account={account} />}</Loaded>
    </>
  );
}
