import type { AdminAccount, AdminProfileChange } from '#client';
import { Code, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, orThrow } from '../../../api.ts';
import { Facts } from '../../../kit/facts.tsx';
import { Moment } from '../../../kit/moment.tsx';
import { Section } from '../../../kit/section.tsx';
import { WebLink } from '../../../kit/web-link.tsx';
import { locales, useTexts } from '../../../language.ts';
import { languageNames } from '../../../layout/texts.ts';
import { changeOf, draftOf, metadataNames, parseMetadata, textNames, type Draft } from './profile-draft.ts';
import { PersonAct } from './person-act.tsx';
import { texts } from './texts.ts';

/** What is known about the owner. */
export function Profile({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  return (
    <>
      <Section title={t.names['']} actions={<EditProfile account={account} />}>
        <Facts
          facts={[
            [t.name, account.name ?? '–'],
            [t.given_name, account.given_name ?? '–'],
            [t.family_name, account.family_name ?? '–'],
            [t.picture, <WebLink key="picture" url={account.picture} />],
            [t.locale, account.locale ? languageNames[account.locale] : '–'],
            [t.zoneinfo, account.zoneinfo ?? '–'],
            [t.created, <Moment key="created" at={account.created_at} />],
            [t.id, <Code key="id">{account.id}</Code>],
          ]}
        />
      </Section>
      {metadataNames.map((name) => (
        <Section key={name} title={t[name]} text={name === 'public_metadata' ? t.publicText : t.privateText}>
          {/* scrollable by keyboard too */}
          <Code block className="wrap" tabIndex={0} role="region" aria-label={t[name]}>
            {JSON.stringify(account[name], null, 2)}
          </Code>
        </Section>
      ))}
    </>
  );
}

function EditProfile({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  // what has been edited: the rest follows the account
  const [edits, setEdits] = useState<Partial<Draft>>({});
  const draft = { ...draftOf(account), ...edits };
  const edit = (name: keyof Draft, value: string) => {
    setEdits((before) => ({ ...before, [name]: value }));
  };
  const isValid = metadataNames.every((name) => parseMetadata(draft[name]) !== undefined);
  return (
    <PersonAct
      account={account}
      label={t.edit}
      description={t.editText}
      canRun={isValid}
      run={() => {
        const body: AdminProfileChange = changeOf(account, draft);
        return orThrow(api.PATCH('/auth/admin/accounts/{id}', { params: { path: { id: account.id } }, body }));
      }}
      onOpen={() => {
        setEdits({});
      }}
      fields={
        <>
          {textNames.map((name) => (
            <TextInput
              key={name}
              label={t[name]}
              value={draft[name]}
              onChange={({ currentTarget }) => {
                edit(name, currentTarget.value);
              }}
              autoComplete="off"
            />
          ))}
          <NativeSelect
            label={t.locale}
            value={draft.locale}
            data={[
              { value: '', label: t.noLocale },
              ...locales.map((value) => ({ value, label: languageNames[value] })),
            ]}
            onChange={({ currentTarget }) => {
              edit('locale', currentTarget.value);
            }}
          />
          {metadataNames.map((name) => (
            <Textarea
              key={name}
              label={t[name]}
              value={draft[name]}
              error={parseMetadata(draft[name]) === undefined && t.noObject}
              onChange={({ currentTarget }) => {
                edit(name, currentTarget.value);
              }}
              autosize
              minRows={2}
              maxRows={10}
              spellCheck={false}
              styles={{ input: { fontFamily: 'monospace' } }}
            />
          ))}
        </>
      }
    />
  );
}
