import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemError } from '../api.ts';
import { useTexts } from '../language.ts';
import { Failure } from './failure.tsx';
import { texts } from './texts.ts';

/** Whether an answer says that what was loaded before must no longer be shown. */
export const isGone = (error: unknown): boolean =>
  error instanceof ProblemError && [403, 404, 410].includes(error.status);

/**
 * Shows what a query has loaded, and until then that it loads or why it has failed. If it fails later, it says so above what it has loaded
 * before.
 */
export function Loaded<Data>({
  query,
  children,
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
}) {
  const t = useTexts(texts);
  const failure = (query.isLoadingError || query.isRefetchError) && (
    <Failure error={query.error} retry={() => void query.refetch()} />
  );
  if (query.data !== undefined && !(query.isRefetchError && isGone(query.error))) {
    return (
      <>
        {failure}
        {children(query.data)}
      </>
    );
  }
  if (failure) {
    return failure;
  }
  return (
    <Stack gap="sm" role="status" aria-label={t.loading}>
      <Skeleton height={28} />
      <Skeleton height={28} />
      <Skeleton height={28} />
    </Stack>
  );
}
