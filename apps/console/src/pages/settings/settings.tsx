import { Badge, Checkbox, Code, Group, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SettingList } from '#client';
import { api, orThrow } from '../../api.ts';
import { DataTable } from '../../kit/data-table.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

type Setting = SettingList['settings'][number];

function Value({ setting: { value, unit, set } }: { setting: Setting }) {
  const t = useTexts(texts);
  if (value === null || value === '') {
    return <>{set ? t.hidden : t.notSet}</>;
  }
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return <Code className="wrap">{unit === null ? text : `${text} ${unit}`}</Code>;
}

/** Shows the settings in force. They are changed where the service is deployed. */
export default function Settings() {
  const t = useTexts(texts);
  const [search, setSearch] = useState('');
  const [isOnlySet, setOnlySet] = useState(false);
  const query = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/settings', { signal })),
  });
  const wanted = search.trim().toLowerCase();
  const isShown = ({ name, description, set }: Setting) =>
    (set || !isOnlySet) && [name, description].some((text) => text.toLowerCase().includes(wanted));
  return (
    <>
      <PageTitle title={t.title} />
      <Text size="sm" mb="md">
        {t.text}
      </Text>
      <Group align="flex-end" mb="md">
        <TextInput
          type="search"
          label={t.search}
          value={search}
          onChange={({ currentTarget }) => {
            setSearch(currentTarget.value);
          }}
          flex="1 1 16rem"
          maw={420}
        />
        <Checkbox
          label={t.onlySet}
          checked={isOnlySet}
          onChange={({ currentTarget }) => {
            setOnlySet(currentTarget.checked);
          }}
          pb={8}
        />
      </Group>
      <Loaded query={query}>
        {({ settings }) => (
          <DataTable
            label={t.title}
            empty={t.empty}
            rows={settings.filter(isShown).map((setting) => ({ id: setting.name, ...setting }))}
            columns={[
              {
                header: t.name,
                cell: ({ name, description, secret }) => (
                  <>
                    <Group gap="xs">
                      <Text size="sm" fw={600} className="wrap">
                        {name}
                      </Text>
                      {secret && <Badge variant="default">{t.secret}</Badge>}
                    </Group>
                    <Text size="sm" lang="en">
                      {description}
                    </Text>
                  </>
                ),
              },
              { header: t.value, cell: (setting) => <Value setting={setting} /> },
              { header: t.default, cell: ({ default_value }) => default_value ?? '–' },
              { header: t.state, cell: ({ set }) => (set ? t.isSet : t.isDefault) },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
