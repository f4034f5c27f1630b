import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import type { Webhook, WebhookSettings } from '#client';
import { api, orThrow, queries } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DeleteAct } from '../../kit/delete-act.tsx';
import { Facts, Lines } from '../../kit/facts.tsx';
import { isGone, Loaded } from '../../kit/loaded.tsx';
import { Moment } from '../../kit/moment.tsx';
import { defaultOverlapSeconds, OverlapField } from '../../kit/overlap.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { SecretDialog } from '../../kit/secret.tsx';
import { useTexts } from '../../language.ts';
import { Deliveries } from './deliveries.tsx';
import { bodyOf, isComplete, settingsOf, WebhookFields } from './fields.tsx';
import { stateOf } from './state.ts';
import { texts } from './texts.ts';

const maxOverlapSeconds = 7 * 86_400;

function Acts({ webhook }: { webhook: Webhook }) {
  const t = useTexts(texts);
  // the rest follows the webhook, so that it undoes nothing that others change meanwhile
  const [edits, setEdits] = useState<Partial<WebhookSettings>>({});
  const [overlap, setOverlap] = useState(defaultOverlapSeconds);
  const [secret, setSecret] = useState<string>();
  const settings = { ...settingsOf(webhook), ...edits };
  const params = { path: { id: webhook.id } };
  const rotate = async () => {
    const request = { params, body: { overlap_seconds: overlap } };
    setSecret((await orThrow(api.POST('/auth/admin/webhooks/{id}/secret', request))).secret);
  };
  return (
    <>
      <Act
        label={t.test}
        description={t.testDescription}
        run={() => orThrow(api.POST('/auth/admin/webhooks/{id}/test', { params }))}
        changes={['deliveries']}
      />
      <Act
        label={t.edit}
        description={t.editDescription}
        fields={
          <WebhookFields
            settings={settings}
            onChange={(change) => {
              setEdits((before) => ({ ...before, ...change }));
            }}
          />
        }
        canRun={isComplete(settings)}
        run={() => orThrow(api.PUT('/auth/admin/webhooks/{id}', { params, body: bodyOf(settings) }))}
        changes={['webhooks', 'webhook']}
        onOpen={() => {
          setEdits({});
          void queries.invalidateQueries({ queryKey: ['webhook', webhook.id] });
        }}
      />
      <Act
        label={t.rotate}
        description={t.rotateDescription}
        fields={<OverlapField seconds={overlap} onChange={setOverlap} max={maxOverlapSeconds} />}
        isDestructive={overlap === 0}
        run={rotate}
        onOpen={() => {
          setOverlap(defaultOverlapSeconds);
        }}
        changes={['webhook']}
      />
      <DeleteAct
        label={t.delete}
        description={t.deleteDescription}
        typedName={webhook.url}
        run={() => orThrow(api.DELETE('/auth/admin/webhooks/{id}', { params }))}
        list="webhooks"
        detail={['webhook', webhook.id]}
      />
      <SecretDialog
        secret={secret}
        title={t.secretTitle}
        onClose={() => {
          setSecret(undefined);
        }}
      />
    </>
  );
}

/** One webhook with its deliveries. */
export default function WebhookPage() {
  const t = useTexts(texts);
  const { id } = useParams<{ id: string }>();
  const query = useQuery({
    queryKey: ['webhook', id],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/webhooks/{id}', { params: { path: { id } }, signal })),
  });
  return (
    <>
      <Anchor component={Link} href="/webhooks">
        ← {t.title}
      </Anchor>
      <PageTitle title={query.data?.description ?? t.one}>
        {query.data && !isGone(query.error) && <Acts webhook={query.data} />}
      </PageTitle>
      <Loaded query={query}>
        {(webhook) => (
          <>
            <Facts
              facts={[
                [t.url, webhook.url],
                [t.state, t.states[stateOf(webhook)]],
                [t.failingSince, <Moment at={webhook.failing_since} />],
                [t.previousSecret, <Moment at={webhook.previous_secret_expires_at} />],
                [t.created, <Moment at={webhook.created_at} />],
                [t.events, <Lines texts={webhook.event_types} />],
              ]}
            />
            <Deliveries id={id} />
          </>
        )}
      </Loaded>
    </>
  );
}
