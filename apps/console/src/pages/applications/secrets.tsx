import { useState } from 'react';
import type { Application } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Section } from '../../kit/section.tsx';
import { Moment } from '../../kit/moment.tsx';
import { defaultOverlapSeconds, OverlapField } from '../../kit/overlap.tsx';
import { SecretDialog } from '../../kit/secret.tsx';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

/** The secrets of an application, of which only the prefixes are known, and their rotation. */
export function Secrets({ application: { id, secrets } }: { application: Application }) {
  const t = useTexts(texts);
  const [overlap, setOverlap] = useState(defaultOverlapSeconds);
  const [secret, setSecret] = useState<string>();
  const rotate = async () => {
    const request = { params: { path: { id } }, body: { overlap_seconds: overlap } };
    setSecret((await orThrow(api.POST('/auth/admin/applications/{id}/secrets', request))).client_secret);
  };
  return (
    <Section
      title={t.secrets}
      actions={
        <Act
          label={t.rotate}
          description={t.rotateDescription}
          fields={<OverlapField seconds={overlap} onChange={setOverlap} />}
          isDestructive={overlap === 0}
          run={rotate}
          onOpen={() => {
            setOverlap(defaultOverlapSeconds);
          }}
          changes={['application']}
        />
      }
    >
      <DataTable
        label={t.secrets}
        empty={t.noSecrets}
        rows={secrets}
        columns={[
          { header: t.prefix, cell: ({ prefix }) => (prefix === null ? '–' : `${prefix}…`) },
          { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
          { header: t.expires, cell: ({ expires_at }) => (expires_at ? <Moment at={expires_at} /> : t.never) },
          { header: t.lastUsed, cell: ({ last_used_at }) => (last_used_at ? <Moment at={last_used_at} /> : t.never) },
        ]}
      />
      <SecretDialog
        secret={secret}
        title={t.secretTitle}
        onClose={() => {
          setSecret(undefined);
        }}
      />
    </Section>
  );
}
