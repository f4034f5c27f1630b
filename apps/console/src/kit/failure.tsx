import { Alert, Button, Code, Stack, Text } from '@mantine/core';
import { codeOf, needsProof, ProblemError } from '../api.ts';
import { useTexts } from '../language.ts';
import { authorize } from '../session/authorization.ts';
import { texts } from './texts.ts';

/** What a failed request says to the person, with what support asks for. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts(texts);
  if (needsProof(error)) {
    return (
      <Alert color="yellow" title={t.proofTitle} role="alert">
        <Stack gap="sm" align="flex-start">
          <Text size="sm">{t.proofText}</Text>
          <Button onClick={() => void authorize({ maxAge: 60 })}>{t.proofAction}</Button>
        </Stack>
      </Alert>
    );
  }
  const code = codeOf(error);
  const problem = error instanceof ProblemError ? error.problem : undefined;
  return (
    <Alert color="red" title={problem?.title ?? t.failed} role="alert">
      <Stack gap="xs" align="flex-start">
        {code === undefined && <Text size="sm">{t.unreachable}</Text>}
        {problem?.detail && <Text size="sm">{problem.detail}</Text>}
        {problem?.errors?.map(({ path, message }) => (
          <Text size="sm" key={path}>
            <Code>{path}</Code> {message}
          </Text>
        ))}
        {problem && (
          <Text size="xs">
            {t.code} <Code>{code}</Code>, {t.requestId} <Code className="wrap">{problem.request_id}</Code>
          </Text>
        )}
        {retry && (
          <Button variant="default" size="xs" onClick={retry}>
            {t.again}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
