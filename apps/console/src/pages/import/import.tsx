import { Button, Code, Group, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Act } from '../../kit/act.tsx';
import { Facts } from '../../kit/facts.tsx';
import { Failure } from '../../kit/failure.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { Section } from '../../kit/section.tsx';
import { useFormats, useTexts } from '../../language.ts';
import { Imports } from './imports.tsx';
import { RefusedLines } from './refused-lines.tsx';
import { texts } from './texts.ts';
import { useImport, type OwnImport } from './use-import.ts';

/** Imports accounts from a file: a dry run first, then the import. */
export default function ImportPage() {
  const t = useTexts(texts);
  const [file, setFile] = useState<File>();
  const { own, checked, begin, stop } = useImport();
  const isSending = own?.isSending === true;
  const check = useMutation({
    mutationFn: async () => {
      if (file) {
        await begin(file, true);
      }
    },
  });
  return (
    <>
      <PageTitle title={t.title} />
      <Stack gap="sm" maw={720} mb="xl">
        <Text size="sm">{t.text}</Text>
        <Text size="sm">
          <Code className="wrap">{'{"email": "grace@example.com", "password_hash": "$2b$10$…"}'}</Code>
        </Text>
        <TextInput
          type="file"
          accept=".ndjson,.jsonl,application/x-ndjson"
          label={t.file}
          description={t.fileText}
          disabled={isSending}
          onChange={({ currentTarget }) => {
            setFile(currentTarget.files?.[0]);
          }}
        />
        <Group gap="sm">
          <Button
            disabled={!file || isSending}
            loading={check.isPending}
            onClick={() => {
              check.mutate();
            }}
          >
            {t.check}
          </Button>
          <Act
            label={t.import}
            description={file && t.importText.replace('{file}', () => file.name)}
            run={() => (file ? begin(file, false) : Promise.resolve())}
            changes={['imports']}
            button={{ disabled: !file || file !== checked || isSending }}
          />
        </Group>
        {file && file !== checked && !isSending && <Text size="sm">{t.checkFirst}</Text>}
        {check.isError && <Failure error={check.error} />}
      </Stack>
      {own && <Own own={own} stop={stop} />}
      <Imports ownId={own?.run.id} />
    </>
  );
}

/** How far this page's import has come, and what has become of it. */
function Own({ own: { run, share, isSending, error }, stop }: { own: OwnImport; stop: () => void }) {
  const t = useTexts(texts);
  const { number, labelled } = useFormats();
  const title = run.dry_run ? t.dryRun : t.realRun;
  return (
    <Section title={title} {...(!isSending && !error && { text: run.dry_run ? t.dryRunDone : t.realRunDone })}>
      <Stack gap="sm">
        {isSending && (
          <>
            <Progress value={share * 100} size="lg" aria-label={title} />
            <Group gap="sm">
              <Button variant="outline" color="red" onClick={stop}>
                {t.stop}
              </Button>
              <Text size="sm">{t.stay}</Text>
            </Group>
          </>
        )}
        <Text size="sm" role="status">
          {isSending ? labelled(t.lines, number(run.lines)) : t.states[run.state]}
        </Text>
        <Facts
          facts={[
            [t.lines, number(run.lines)],
            [run.dry_run ? t.wouldCreate : t.created, number(run.created)],
            [t.existing, number(run.existing)],
            [t.refused, number(run.refused)],
          ]}
        />
        {!isSending && run.refused > 0 && <RefusedLines id={run.id} />}
        {error !== undefined && <Failure error={error} />}
      </Stack>
    </Section>
  );
}
