import { Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ServiceAccount } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Lines } from '../../kit/facts.tsx';
import { Section } from '../../kit/section.tsx';
import { Moment } from '../../kit/moment.tsx';
import { defaultOverlapSeconds, OverlapField } from '../../kit/overlap.tsx';
import { SecretDialog } from '../../kit/secret.tsx';
import { fill, useTexts } from '../../language.ts';
import { texts } from './texts.ts';

type ApiKey = ServiceAccount['api_keys'][number];
type OnIssued = (key: string) => void;

const isLive = ({ expires_at }: ApiKey) => expires_at === null || Date.parse(expires_at) > Date.now();

function CreateKeyAct({ account, onIssued }: { account: ServiceAccount; onIssued: OnIssued }) {
  const t = useTexts(texts);
  const [scopes, setScopes] = useState<string[]>(account.scopes);
  const [expires, setExpires] = useState('');
  const create = async () => {
    const body = { scopes, expires_at: expires === '' ? null : new Date(expires).toISOString() };
    const params = { path: { id: account.id } };
    onIssued((await orThrow(api.POST('/auth/admin/service-accounts/{id}/keys', { params, body }))).key);
  };
  return (
    <Act
      label={t.createKey}
      description={t.createKeyDescription}
      fields={
        <>
          <Checkbox.Group label={t.scopes} value={scopes} onChange={setScopes}>
            <Stack gap="xs" mt="xs">
              {account.scopes.map((scope) => (
                <Checkbox key={scope} value={scope} label={scope} />
              ))}
            </Stack>
          </Checkbox.Group>
          <TextInput
            type="datetime-local"
            label={t.expires}
            description={t.expiresDescription}
            value={expires}
            onChange={({ currentTarget }) => {
              setExpires(currentTarget.value);
            }}
          />
        </>
      }
      canRun={scopes.length > 0}
      run={create}
      changes={['service-account']}
      onOpen={() => {
        setScopes(account.scopes);
        setExpires('');
      }}
    />
  );
}

function KeyActs({ accountId, apiKey, onIssued }: { accountId: string; apiKey: ApiKey; onIssued: OnIssued }) {
  const t = useTexts(texts);
  const [overlap, setOverlap] = useState(defaultOverlapSeconds);
  const params = { path: { id: accountId, keyId: apiKey.id } };
  const rotate = async () => {
    const request = { params, body: { overlap_seconds: overlap } };
    onIssued((await orThrow(api.POST('/auth/admin/service-accounts/{id}/keys/{keyId}/rotate', request))).key);
  };
  const named = (text: string) => fill(text, { key: apiKey.prefix });
  return (
    <Group gap="xs" wrap="nowrap">
      {isLive(apiKey) && apiKey.rotated_at === null && (
        <Act
          label={t.rotate}
          of={`${apiKey.prefix}…`}
          description={named(t.rotateDescription)}
          fields={<OverlapField seconds={overlap} onChange={setOverlap} />}
          isDestructive={overlap === 0}
          run={rotate}
          onOpen={() => {
            setOverlap(defaultOverlapSeconds);
          }}
          changes={['service-account']}
          button={{ size: 'xs' }}
        />
      )}
      <Act
        label={t.revoke}
        of={`${apiKey.prefix}…`}
        description={named(t.revokeDescription)}
        isDestructive
        run={() => orThrow(api.DELETE('/auth/admin/service-accounts/{id}/keys/{keyId}', { params }))}
        changes={['service-account']}
        button={{ size: 'xs' }}
      />
    </Group>
  );
}

/** The API keys of a service account, of which only the prefixes are known. */
export function ApiKeys({ account }: { account: ServiceAccount }) {
  const t = useTexts(texts);
  const [issued, setIssued] = useState<string>();
  const stateOf = (key: ApiKey) => (isLive(key) ? (key.rotated_at === null ? t.valid : t.rotated) : t.expired);
  return (
    <Section
      title={t.keys}
      rows={account.api_keys.length}
      actions={<CreateKeyAct account={account} onIssued={setIssued} />}
    >
      <DataTable
        label={t.keys}
        empty={t.noKeys}
        rows={account.api_keys}
        columns={[
          { header: t.prefix, cell: ({ prefix }) => `${prefix}…` },
          { header: t.state, cell: stateOf },
          { header: t.scopes, cell: ({ scopes }) => <Lines texts={scopes} /> },
          { header: t.lastUsed, cell: ({ last_used_at }) => (last_used_at ? <Moment at={last_used_at} /> : t.never) },
          { header: t.expires, cell: ({ expires_at }) => (expires_at ? <Moment at={expires_at} /> : t.never) },
          { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
          {
            header: t.actions,
            cell: (apiKey) => <KeyActs accountId={account.id} apiKey={apiKey} onIssued={setIssued} />,
          },
        ]}
      />
      <SecretDialog
        secret={issued}
        title={t.secretTitle}
        onClose={() => {
          setIssued(undefined);
        }}
      />
    </Section>
  );
}
