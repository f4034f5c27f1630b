import type { AdminAccount } from '#client';
import { Button, Group, List, Progress, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { queries } from '../../api.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Failure } from '../../kit/failure.tsx';
import { announce } from '../../kit/notice.tsx';
import { useOnce } from '../../kit/once.ts';
import { texts as kitTexts } from '../../kit/texts.ts';
import { fill, useFormats, useTexts } from '../../language.ts';
import { useIdentity } from '../../session/identity.ts';
import { bulkCalls, runBulk, type BulkCall, type BulkResult } from './bulk-run.ts';
import { BulkFailures } from './bulk-failures.tsx';
import { texts } from './texts.ts';

interface BulkProps {
  accounts: AdminAccount[];
  /** Selects those that an act has not been done to. */
  onSelect: (ids: ReadonlySet<string>) => void;
}

/** What can be done to the selected people. */
export function BulkActs(props: BulkProps) {
  const t = useTexts(texts);
  return (
    <>
      <BulkAct {...props} label={t.bulkDisable} text={t.bulkDisableText} call={bulkCalls.disable} />
      <BulkAct {...props} label={t.bulkEnd} text={t.bulkEndText} call={bulkCalls.endSessions} />
    </>
  );
}

type BulkActProps = BulkProps & { label: string; text: string; call: BulkCall };

function BulkAct({ accounts: selected, onSelect, label, text, call }: BulkActProps) {
  const t = useTexts(texts);
  const k = useTexts(kitTexts);
  const { number } = useFormats();
  const self = useIdentity();
  const [isOpen, { open, close }] = useDisclosure();
  const [done, setDone] = useState(0);
  // those that the act began with: the selection shrinks while the list loads again
  const [accounts, setAccounts] = useState<AdminAccount[]>([]);
  const stop = useRef(new AbortController());
  const act = useMutation({
    mutationFn: () => runBulk(accounts, call, { signal: stop.current.signal, onProgress: setDone }),
    onSuccess: (result) => {
      onSelect(new Set([...result.failed.map(({ account }) => account), ...result.remaining].map(({ id }) => id)));
      if (isComplete(result)) {
        close();
        announce(fill(k.done, { label }));
      }
      void Promise.all(['accounts', 'account', 'me'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const { begin, reset } = useOnce(act);
  // nobody sees the rest once the page is left
  useEffect(
    () => () => {
      stop.current.abort();
    },
    [],
  );
  return (
    <>
      <Button
        variant="default"
        disabled={selected.length === 0}
        onClick={() => {
          reset();
          setDone(0);
          // the own account goes last: after it, there may be no right or session to act with
          setAccounts([...selected.filter(({ id }) => id !== self.id), ...selected.filter(({ id }) => id === self.id)]);
          stop.current = new AbortController();
          open();
        }}
      >
        {selected.length === 0 ? label : `${label} (${number(selected.length)})`}
      </Button>
      <Dialog opened={isOpen} onClose={close} title={label} isBinding={act.isPending}>
        <Stack>
          <Text size="sm">{text}</Text>
          {accounts.some(({ id }) => id === self.id) && (
            <Text size="sm" fw={600}>
              {t.includesSelf}
            </Text>
          )}
          {act.isIdle && <Names accounts={accounts} />}
          {act.isPending && <Progress value={(100 * done) / accounts.length} size="lg" aria-label={label} />}
          <Text size="sm" role="status">
            {!act.isIdle && fill(t.progress, { done: number(done), all: number(accounts.length) })}
          </Text>
          {act.data && <BulkFailures result={act.data} />}
          {act.isError && <Failure error={act.error} />}
          <Group justify="flex-end">
            <Button
              variant="default"
              onClick={() => {
                if (act.isPending) {
                  stop.current.abort();
                } else {
                  close();
                }
              }}
            >
              {act.isPending ? t.stop : act.isIdle ? k.cancel : k.close}
            </Button>
            {(act.isIdle || act.isPending) && (
              <Button color="red" loading={act.isPending} onClick={begin}>
                {label}
              </Button>
            )}
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}

const isComplete = ({ failed, remaining }: BulkResult) => failed.length === 0 && remaining.length === 0;

const shownNames = 5;

/** The first of the people, and how many more there are. */
function Names({ accounts }: { accounts: AdminAccount[] }) {
  const t = useTexts(texts);
  const { number } = useFormats();
  const more = accounts.length - shownNames;
  return (
    <List size="sm" className="wrap">
      {accounts.slice(0, shownNames).map(({ id, email }) => (
        <List.Item key={id}>{email}</List.Item>
      ))}
      {more > 0 && <List.Item>{fill(t.andMore, { count: number(more) })}</List.Item>}
    </List>
  );
}
