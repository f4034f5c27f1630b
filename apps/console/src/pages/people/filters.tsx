import { Group, NativeSelect, TextInput } from '@mantine/core';
import { useTexts } from '../../language.ts';
import { choices, isTooShort, type useSearchFields } from './search.ts';
import { texts } from './texts.ts';

/** The fields of the search. */
export function Filters({ fields, set }: ReturnType<typeof useSearchFields>) {
  const t = useTexts(texts);
  const select = (name: keyof typeof choices, labels: Record<string, string>) => (
    <NativeSelect
      label={t[name]}
      value={fields[name]}
      data={choices[name].map((value) => ({ value, label: labels[value] ?? value }))}
      onChange={({ currentTarget }) => {
        set(name, currentTarget.value);
      }}
    />
  );
  return (
    <Group role="search" aria-label={t.title} align="flex-start" gap="sm" mb="md">
      <TextInput
        type="search"
        label={t.search}
        value={fields.q}
        error={isTooShort(fields) && t.tooShort}
        maxLength={254}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => {
          set('q', currentTarget.value);
        }}
        flex="1 1 14rem"
        maw={420}
      />
      {select('match', { start: t.matchStart, part: t.matchPart, domain: t.matchDomain })}
      {select('role', { any: t.any })}
      {select('status', {
        any: t.any,
        active: t.active,
        disabled: t.disabled,
        verified: t.verified,
        unverified: t.unverified,
      })}
      {select('factor', { any: t.any, true: t.withFactor, false: t.withoutFactor })}
      {select('sort', {
        email: t.sortEmail,
        '-email': t.sortEmailDown,
        '-created': t.sortNewest,
        created: t.sortOldest,
      })}
    </Group>
  );
}
