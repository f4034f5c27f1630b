import { Button, Group, SimpleGrid, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import { useTexts } from '../../language.ts';
import type { Filter } from './filter.ts';
import { texts } from './texts.ts';

const emptyFilter: Filter = { type: '', account: '', actor: '', subject: '', from: '', until: '' };

/** Often wanted; the field takes any type. */
const commonTypes = [
  ...['account.created', 'account.deleted', 'account.disabled', 'account.registered', 'account.roles_changed'],
  ...['api_key.created', 'application.changed', 'audit.read', 'client.token_refused', 'email.changed', 'key.rotated'],
  ...['login.failed', 'login.succeeded', 'mfa.failed', 'mfa.reset', 'passkey.cloned', 'password.changed'],
  ...['session.refresh_reused', 'session.revoked'],
];

/** Searches when it is submitted: each search is an event of the log itself. */
export function FilterForm({ filter, onSearch }: { filter: Filter; onSearch: (filter: Filter) => void }) {
  const t = useTexts(texts);
  const types = useId();
  const [draft, setDraft] = useState(filter);
  const [searched, setSearched] = useState(filter);
  if (JSON.stringify(searched) !== JSON.stringify(filter)) {
    // a link or the browser's Back button has changed what is searched for
    setSearched(filter);
    setDraft(filter);
  }
  const field = (
    name: keyof Filter,
    label: string,
    props: { type?: string; list?: string; description?: string } = {},
  ) => (
    <TextInput
      label={label}
      {...props}
      value={draft[name]}
      autoComplete="off"
      spellCheck={false}
      onChange={({ currentTarget }) => {
        const { value } = currentTarget;
        setDraft((before) => ({ ...before, [name]: value }));
      }}
    />
  );
  return (
    <form
      role="search"
      aria-label={t.title}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(draft);
      }}
    >
      <datalist id={types}>
        {commonTypes.map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {field('type', t.type, { list: types })}
        {field('from', t.from, { type: 'datetime-local' })}
        {field('until', t.until, { type: 'datetime-local' })}
        {field('account', t.account)}
        {field('actor', t.actorId)}
        {field('subject', t.subjectId)}
      </SimpleGrid>
      <Group mt="sm" mb="md">
        <Button type="submit">{t.search}</Button>
        <Button
          variant="default"
          onClick={() => {
            setDraft(emptyFilter);
            onSearch(emptyFilter);
          }}
        >
          {t.clear}
        </Button>
      </Group>
    </form>
  );
}
