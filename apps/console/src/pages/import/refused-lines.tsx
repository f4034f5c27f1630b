import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api, orThrow } from '../../api.ts';
import { Failure } from '../../kit/failure.tsx';
import { save } from '../../kit/save.ts';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

const downloadTimeoutMs = 5 * 60 * 1000;

/** Saves the numbers of the refused lines with the reasons. */
export function RefusedLines({ id }: { id: string }) {
  const t = useTexts(texts);
  const download = useMutation({
    mutationFn: async () => {
      const request = { params: { path: { id } }, parseAs: 'blob', timeoutMs: downloadTimeoutMs } as const;
      save(await orThrow(api.GET('/auth/admin/imports/{id}/refused', request)), 'refused.csv');
    },
  });
  return (
    <>
      <Button
        variant="default"
        size="xs"
        w="fit-content"
        loading={download.isPending}
        onClick={() => {
          download.mutate();
        }}
      >
        {t.download}
      </Button>
      {download.isError && <Failure error={download.error} />}
    </>
  );
}
