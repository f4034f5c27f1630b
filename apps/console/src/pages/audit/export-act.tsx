import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { save } from '../../kit/save.ts';
import { useTexts } from '../../language.ts';
import type { AuditQuery } from './filter.ts';
import { texts } from './texts.ts';

type Format = 'csv' | 'ndjson';
const exportTimeoutMs = 15 * 60 * 1000;

/** Saves all matching events as a file. The browser holds it until it is complete. */
export function ExportAct({ query }: { query: AuditQuery }) {
  const t = useTexts(texts);
  const [format, setFormat] = useState<Format>('csv');
  const run = async () => {
    const request = { params: { query: { ...query, format } }, parseAs: 'blob', timeoutMs: exportTimeoutMs } as const;
    save(await orThrow(api.GET('/auth/admin/audit/export', request)), `audit.${format}`);
  };
  return (
    <Act
      label={t.export}
      description={t.exportDescription}
      fields={
        <NativeSelect
          label={t.format}
          value={format}
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'ndjson', label: 'NDJSON' },
          ]}
          onChange={({ currentTarget }) => {
            setFormat(currentTarget.value as Format);
          }}
        />
      }
      run={run}
      changes={[]}
    />
  );
}
