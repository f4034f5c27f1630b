import { Button, Group, Stack, Text, TextInput, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { queries } from '../api.ts';
import { useTexts } from '../language.ts';
import { Dialog } from './dialog.tsx';
import { Failure } from './failure.tsx';
import { texts } from './texts.ts';

interface ActProps {
  /** What the button says. */
  label: string;
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
  onDone?: () => void;
  button?: ButtonProps;
}

/** A button that asks before it acts, in a dialog that says what happens. A failure stays in the dialog, and loses nothing. */
export function Act({ label, description, typedName, isDestructive = false, ...props }: ActProps) {
  const { fields, canRun = true, run, changes, onDone, button } = props;
  const t = useTexts(texts);
  const form = useId();
  const [isOpen, { open, close }] = useDisclosure();
  const [typed, setTyped] = useState('');
  const act = useMutation({
    mutationFn: run,
    onSuccess: async () => {
      close();
      setTyped('');
      onDone?.();
      await Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const isReady = canRun && (typedName === undefined || typed.trim() === typedName);
  return (
    <>
      <Button
        variant="default"
        {...(isDestructive && { color: 'red', variant: 'outline' })}
        {...button}
        onClick={() => {
          act.reset();
          open();
        }}
      >
        {label}
      </Button>
      <Dialog opened={isOpen} onClose={close} title={label}>
        <form
          id={form}
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !act.isPending) {
              act.mutate();
            }
          }}
        >
          <Stack>
            <Text component="div" size="sm" className="wrap">
              {description}
            </Text>
            {fields}
            {typedName !== undefined && (
              <TextInput
                label={t.typeName.replace('{name}', typedName)}
                value={typed}
                onChange={({ currentTarget }) => {
                  setTyped(currentTarget.value);
                }}
                autoComplete="off"
                data-autofocus
              />
            )}
            {act.isError && <Failure error={act.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t.cancel}
              </Button>
              <Button
                type="submit"
                loading={act.isPending}
                disabled={!isReady}
                {...(isDestructive && { color: 'red' })}
              >
                {label}
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </>
  );
}
