import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { SecretDialog } from '../../kit/secret.tsx';
import { useTexts } from '../../language.ts';
import { bodyOf, emptySettings, isComplete, WebhookFields } from './fields.tsx';
import { stateOf } from './state.ts';
import { texts } from './texts.ts';

function CreateAct() {
  const t = useTexts(texts);
  const [, navigate] = useLocation();
  const [settings, setSettings] = useState(emptySettings);
  const [created, setCreated] = useState<{ id: string; secret: string }>();
  const create = async () => {
    setCreated(await orThrow(api.POST('/auth/admin/webhooks', { body: bodyOf(settings) })));
  };
  return (
    <>
      <Act
        label={t.create}
        description={t.createDescription}
        fields={
          <WebhookFields
            settings={settings}
            onChange={(change) => {
              setSettings((before) => ({ ...before, ...change }));
            }}
          />
        }
        canRun={isComplete(settings)}
        run={create}
        onOpen={() => {
          setSettings(emptySettings);
        }}
        changes={['webhooks']}
        button={{ variant: 'filled' }}
      />
      <SecretDialog
        secret={created?.secret}
        title={t.secretTitle}
        onClose={() => {
          setCreated(undefined);
          navigate(`/webhooks/${created?.id ?? ''}`);
        }}
      />
    </>
  );
}

/** Lists the subscribers of events, all of which the service returns at once. */
export default function Webhooks() {
  const t = useTexts(texts);
  const query = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/webhooks', { signal })),
  });
  return (
    <>
      <PageTitle title={t.title}>
        <CreateAct />
      </PageTitle>
      <Loaded query={query}>
        {({ webhooks }) => (
          <DataTable
            label={t.title}
            empty={t.empty}
            rows={webhooks}
            columns={[
              {
                header: t.description,
                cell: ({ id, description }) => (
                  <Anchor component={Link} href={`/webhooks/${id}`} className="wrap">
                    {description}
                  </Anchor>
                ),
              },
              { header: t.url, cell: ({ url }) => <span className="wrap">{url}</span> },
              { header: t.state, cell: (webhook) => t.states[stateOf(webhook)] },
              { header: t.deadLetters, cell: ({ dead_letters: count }) => (count < 100 ? count : '≥ 100') },
              { header: t.events, cell: ({ event_types }) => event_types.length },
              { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
