import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTexts } from '../language.ts';
import { Failure } from './failure.tsx';
import { texts } from './texts.ts';

/** Shows what a query has loaded, and until then that it loads or why it has failed. */
export function Loaded<Data>({
  query,
  children,
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
}) {
  const t = useTexts(texts);
  if (query.data !== undefined) {
    return children(query.data);
  }
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  return (
    <Stack gap="sm" role="status" aria-label={t.loading}>
      <Skeleton height={28} />
      <Skeleton height={28} />
      <Skeleton height={28} />
    </Stack>
  );
}
