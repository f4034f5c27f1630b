import { Group, Modal, type MantineSize } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTexts } from '../language.ts';
import { texts } from './texts.ts';

interface DialogProps {
  title: ReactNode;
  opened: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: MantineSize;
  /** Whether only what is in it closes it. */
  isBinding?: boolean;
}

/** A dialog with a heading. The library's own header would be a second banner of the page. */
export function Dialog({ title, opened, onClose, children, size = 'md', isBinding = false }: DialogProps) {
  const { close } = useTexts(texts);
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      centered
      closeOnClickOutside={!isBinding}
      closeOnEscape={!isBinding}
    >
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body pt="md">
          <Group justify="space-between" align="flex-start" wrap="nowrap" mb="md">
            <Modal.Title className="wrap" fw={600}>
              {title}
            </Modal.Title>
            {!isBinding && <Modal.CloseButton aria-label={close} />}
          </Group>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
