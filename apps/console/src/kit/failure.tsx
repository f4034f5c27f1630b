import { Alert, Button, Code, Stack, Text } from '@mantine/core';
import { codeOf, needsProof, ProblemError, proofMaxAge } from '../api.ts';
import { useTexts } from '../language.ts';
import { authorize } from '../session/authorization.ts';
import { problemTexts } from './problem-texts.ts';
import { texts } from './texts.ts';

/** Offers to prove who acts, which leaves the page for the provider and comes back. */
export function ProofOffer({ text, maxAge }: { text: string; maxAge: number }) {
  const t = useTexts(texts);
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm">{text}</Text>
      <Button variant="default" onClick={() => void authorize({ maxAge })}>
        {t.proofAction}
      </Button>
    </Stack>
  );
}

/** What a problem is, in a few words: translated if it is frequent, otherwise as the service says it, in English. */
export function ProblemTitle({ error: { code, problem } }: { error: ProblemError }) {
  const titles: Readonly<Record<string, string>> = useTexts(problemTexts);
  return <>{titles[code] ?? <span lang="en">{problem?.title ?? code}</span>}</>;
}

/** What a failed request says to the person, with what support asks for. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts(texts);
  if (needsProof(error)) {
    return (
      <Alert color="blue" title={t.proofTitle} role="alert">
        <ProofOffer text={t.proofText} maxAge={proofMaxAge(error)} />
      </Alert>
    );
  }
  const code = codeOf(error);
  const problem = error instanceof ProblemError ? error.problem : undefined;
  return (
    <Alert
      color="red"
      title={error instanceof ProblemError && problem ? <ProblemTitle error={error} /> : t.failed}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        {code === undefined && <Text size="sm">{t.unreachable}</Text>}
        {problem?.detail && (
          <Text size="sm" lang="en">
            {problem.detail}
          </Text>
        )}
        {problem?.errors?.map(({ path, message }) => (
          <Text size="sm" key={path} lang="en">
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
