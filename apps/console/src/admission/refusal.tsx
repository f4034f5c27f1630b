import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ProblemError } from '../api.ts';
import { Failure } from '../kit/failure.tsx';
import { Themed } from '../kit/themed.tsx';
import { fill, useTexts } from '../language.ts';
import { authorize, refusalOf, signOut, type Entrance } from '../session/authorization.ts';
import { texts } from './texts.ts';

/** A page instead of the console. */
function Notice({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Themed>
      <Center component="main" mih="100vh" p="md">
        <Stack maw={480} gap="md">
          <Title order={1} size="h2">
            {title}
          </Title>
          <Text component="div">{children}</Text>
          {action && <div>{action}</div>}
        </Stack>
      </Center>
    </Themed>
  );
}

/** Whether another login may help: not against a service that is overloaded or out of reach. */
const isRefused = (error: unknown) =>
  error instanceof ProblemError
    ? error.status < 500 && error.status !== 429 && error.status !== 408
    : refusalOf(error) !== undefined;

function Failed({ error }: { error: unknown }) {
  const t = useTexts(texts);
  const [isLeaving, setLeaving] = useState(false);
  if (refusalOf(error) === 'unmet_authentication_requirements') {
    return (
      <Notice
        title={t.factorTitle}
        action={
          <Button component="a" href="/account">
            {t.factorAction}
          </Button>
        }
      >
        {t.factorText}
      </Notice>
    );
  }
  if (isRefused(error)) {
    const again = (
      <Button
        loading={isLeaving}
        onClick={() => {
          setLeaving(true);
          void authorize();
        }}
      >
        {t.again}
      </Button>
    );
    return (
      <Notice title={t.failedTitle} action={again}>
        {t.failedText}
      </Notice>
    );
  }
  return (
    <Notice title={t.unavailableTitle}>
      <Failure
        error={error}
        retry={() => {
          location.reload();
        }}
      />
    </Notice>
  );
}

/** Tells a person why they are not let in. */
export default function Refusal({ entrance }: { entrance: Entrance }) {
  const t = useTexts(texts);
  return 'identity' in entrance ? (
    <Notice title={t.roleTitle} action={<Button onClick={signOut}>{t.signOut}</Button>}>
      {fill(t.roleText, { email: entrance.identity.email })}
    </Notice>
  ) : (
    <Failed error={entrance.error} />
  );
}
