import { Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTexts } from '../language.ts';
import { Dialog } from './dialog.tsx';
import { texts } from './texts.ts';

/** Text to copy. */
export function Copyable({ text }: { text: string }) {
  const t = useTexts(texts);
  return (
    <Group gap="xs" align="flex-start" wrap="nowrap">
      <Code block className="wrap" flex={1} style={{ whiteSpace: 'pre-wrap' }}>
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button variant="default" size="xs" onClick={copy}>
            {copied ? t.copied : t.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

/** Shows a secret once: it is gone when the dialog closes, which only its button does. */
export function SecretDialog({
  secret,
  title,
  onClose,
}: {
  secret: string | undefined;
  title: string;
  onClose: () => void;
}) {
  const t = useTexts(texts);
  const place = useRef<HTMLSpanElement>(null);
  const wasShown = useRef(false);
  const isShown = secret !== undefined;
  useEffect(() => {
    // what opened it was in a dialog that is gone
    if (wasShown.current && !isShown) {
      const heading = place.current?.closest('section')?.querySelector<HTMLElement>('h2');
      (heading ?? document.querySelector<HTMLElement>('h1'))?.focus();
    }
    wasShown.current = isShown;
  }, [isShown]);
  return (
    <>
      <span ref={place} hidden />
      <Dialog opened={isShown} onClose={onClose} title={title} isBinding>
        <Stack>
          <Text size="sm">{t.secretOnce}</Text>
          <Copyable text={secret ?? ''} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t.secretKept}</Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}
