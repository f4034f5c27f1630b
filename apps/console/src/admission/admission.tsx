import { Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { use, useState, type ReactNode } from 'react';
import { api, orThrow, ProblemError } from '../api.ts';
import { Failure } from '../kit/failure.tsx';
import { fill, useTexts } from '../language.ts';
import { Shell } from '../layout/shell.tsx';
import { authorize, refusalOf, signOut } from '../session/authorization.ts';
import { IdentityContext } from '../session/identity.ts';
import { texts } from './texts.ts';

const outcome = new WeakMap<Promise<void>, Promise<{ refusal: string | undefined }>>();
/** The result of a login, as a promise that never rejects. */
function settled(signedIn: Promise<void>) {
  const known =
    outcome.get(signedIn) ??
    signedIn.then(
      () => ({ refusal: undefined }),
      (error: unknown) => {
        console.error(error);
        return { refusal: refusalOf(error) ?? 'failed' };
      },
    );
  outcome.set(signedIn, known);
  return known;
}

/** A page instead of the console. */
function Notice({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack maw={480} gap="md">
        <Title order={1} size="h2">
          {title}
        </Title>
        <Text component="div">{children}</Text>
        {action && <div>{action}</div>}
      </Stack>
    </Center>
  );
}

/** Shown until the person is known. */
export function Waiting() {
  const t = useTexts(texts);
  return (
    <Center component="main" mih="100vh">
      <Loader aria-label={t.loading} />
    </Center>
  );
}

/** Whether another login may help: not against a service that is overloaded or out of reach. */
const isRefused = (error: unknown) =>
  error instanceof ProblemError && error.status < 500 && error.status !== 429 && error.status !== 408;

/** Lets admins with a second factor in, and tells everybody else why they are not. */
export function Admission({ signedIn }: { signedIn: Promise<void> }) {
  const t = useTexts(texts);
  const { refusal } = use(settled(signedIn));
  const [isLeaving, setLeaving] = useState(false);
  const me = useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/me', { signal })),
    enabled: refusal === undefined,
    staleTime: Infinity,
  });

  const again = (label: string) => (
    <Button
      loading={isLeaving}
      onClick={() => {
        setLeaving(true);
        void authorize();
      }}
    >
      {label}
    </Button>
  );
  if (refusal === 'unmet_authentication_requirements') {
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
  if (refusal !== undefined || (me.isLoadingError && isRefused(me.error))) {
    return (
      <Notice title={t.failedTitle} action={again(t.again)}>
        {t.failedText}
      </Notice>
    );
  }
  if (me.isLoadingError) {
    return (
      <Notice title={t.unavailableTitle}>
        <Failure error={me.error} retry={() => void me.refetch()} />
      </Notice>
    );
  }
  if (!me.data) {
    return <Waiting />;
  }
  if (!me.data.roles.includes('admin')) {
    return (
      <Notice title={t.roleTitle} action={<Button onClick={signOut}>{t.signOut}</Button>}>
        {fill(t.roleText, { email: me.data.email })}
      </Notice>
    );
  }
  return (
    <IdentityContext value={me.data}>
      <Shell />
    </IdentityContext>
  );
}
