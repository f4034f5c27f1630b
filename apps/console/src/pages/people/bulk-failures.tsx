import { Alert, List, Text } from '@mantine/core';
import { ProblemError } from '../../api.ts';
import { Failure, ProblemTitle } from '../../kit/failure.tsx';
import { texts as kitTexts } from '../../kit/texts.ts';
import { fill, useFormats, useTexts } from '../../language.ts';
import type { BulkResult } from './bulk-run.ts';
import { texts } from './texts.ts';

/** Whom a bulk act failed for, and why. */
export function BulkFailures({ result: { failed, remaining, proof } }: { result: BulkResult }) {
  const t = useTexts(texts);
  const k = useTexts(kitTexts);
  const { number } = useFormats();
  return (
    <>
      {failed.length > 0 && (
        <Alert color="red" role="alert" title={fill(t.bulkFailed, { count: number(failed.length) })}>
          <Text size="sm" mb="xs">
            {t.stillSelected}
          </Text>
          <List size="sm" className="wrap" mah={200} style={{ overflowY: 'auto' }} tabIndex={0}>
            {failed.map(({ account, error }) => (
              <List.Item key={account.id}>
                {account.email}: {error instanceof ProblemError ? <ProblemTitle error={error} /> : k.unreachable}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {remaining.length > 0 && (
        <Text size="sm" role="alert">
          {fill(t.notReached, { count: number(remaining.length) })}
        </Text>
      )}
      {proof !== undefined && <Failure error={proof} />}
    </>
  );
}
