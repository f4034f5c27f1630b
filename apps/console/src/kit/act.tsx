import { Button, Group, Stack, Text, TextInput, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { queries } from '../api.ts';
import { fill, useFormats, useTexts } from '../language.ts';
import { proofAgeSeconds } from '../session/authorization.ts';
import { Dialog } from './dialog.tsx';
import { Failure, ProofOffer } from './failure.tsx';
import { hasNoFocus } from './focus.ts';
import { announce } from './notice.tsx';
import { useOnce } from './once.ts';
import { texts } from './texts.ts';

/** After it, a form offers the proof first: a proof leaves the page, and with it what was typed. Some of the time is left for typing. */
const recentProofSeconds = Math.floor(
  (Number(document.querySelector<HTMLMetaElement>('meta[name=proof-seconds]')?.content) * 2) / 3,
);

interface ActProps {
  /** What the button says. */
  label: string;
  /** What it acts on, where several buttons on the page say the same. */
  of?: string;
  /** What the act does, in a sentence that names its consequences. */
  description: ReactNode;
  /** What the person types first, if the act can't be undone: the name of what it ends. */
  typedName?: string;
  /** Whether it takes something away. */
  isDestructive?: boolean;
  /** Fields that the act needs. */
  fields?: ReactNode;
  canRun?: boolean;
  run: () => Promise<unknown>;
  /** What is no longer as it was: query keys. */
  changes: string[];
  /** Called when the dialog opens: the fields begin with what is stored. */
  onOpen?: () => void;
  onDone?: () => void;
  button?: ButtonProps;
}

/**
 * A button that asks before it acts, in a dialog that says what happens and stays open while it does. A failure stays in the dialog, and
 * loses nothing; a success is announced.
 */
export function Act({ label, of, description, typedName, isDestructive = false, ...props }: ActProps) {
  const { fields, canRun = true, run, changes, onOpen, onDone, button } = props;
  const t = useTexts(texts);
  const { labelled } = useFormats();
  const form = useId();
  const submit = useRef<HTMLButtonElement>(null);
  const [isOpen, { open, close }] = useDisclosure();
  const [isProofOld, setProofOld] = useState(false);
  const [typed, setTyped] = useState('');
  const name = of === undefined ? label : labelled(label, of);
  const act = useMutation({
    mutationFn: run,
    onSuccess: async () => {
      close();
      onDone?.();
      announce(fill(t.done, { label: name }));
      await Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const { isPending, isError } = act;
  const { begin, reset } = useOnce(act);
  useEffect(() => {
    // the button was disabled while the act ran
    if (isError && hasNoFocus()) {
      submit.current?.focus();
    }
  }, [isError]);
  const cancel = () => {
    if (!isPending) {
      close();
    }
  };
  const isReady = canRun && (typedName === undefined || typed.trim() === typedName.trim());
  const color = isDestructive && { color: 'red' };
  return (
    <>
      <Button
        variant={isDestructive ? 'outline' : 'default'}
        {...color}
        {...button}
        aria-label={of === undefined ? undefined : name}
        onClick={() => {
          reset();
          setTyped('');
          setProofOld(fields !== undefined && proofAgeSeconds() > recentProofSeconds);
          onOpen?.();
          open();
        }}
      >
        {label}
      </Button>
      <Dialog opened={isOpen} onClose={cancel} title={name}>
        <form
          id={form}
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady) {
              begin();
            }
          }}
        >
          <Stack>
            {isProofOld && <ProofOffer text={t.proofFirst} maxAge={recentProofSeconds} />}
            <Text component="div" size="sm" className="wrap">
              {description}
            </Text>
            {fields}
            {typedName !== undefined && (
              <TextInput
                label={fill(t.typeName, { name: typedName.trim() })}
                value={typed}
                onChange={({ currentTarget }) => {
                  setTyped(currentTarget.value);
                }}
                autoComplete="off"
                data-autofocus
              />
            )}
            {isError && <Failure error={act.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={cancel} disabled={isPending}>
                {t.cancel}
              </Button>
              <Button ref={submit} type="submit" loading={isPending} disabled={!isReady} {...color}>
                {label}
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </>
  );
}
