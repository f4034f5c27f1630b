import { NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Application } from '#client';
import { Copyable } from '../../kit/secret.tsx';
import { useTexts } from '../../language.ts';
import { snippetsFor } from './stacks/stacks.ts';
import { texts } from './texts.ts';

/** Code to copy that signs people in to the application, or gets it a token. */
export function Snippets({ application }: { application: Application }) {
  const t = useTexts(texts);
  const snippets = snippetsFor(application);
  const [chosen, setChosen] = useState(0);
  const snippet = snippets[chosen] ?? snippets[0];
  return (
    <Stack gap="sm">
      <Text size="sm">{t.snippetsText}</Text>
      <NativeSelect
        label={t.stack}
        maw={420}
        value={String(chosen)}
        data={snippets.map(({ label, isDevice }, index) => ({
          value: String(index),
          label: isDevice ? `${label}, ${t.withoutBrowser}` : label,
        }))}
        onChange={({ currentTarget }) => {
          setChosen(Number(currentTarget.value));
        }}
      />
      {snippet && <Copyable text={snippet.code} />}
    </Stack>
  );
}
