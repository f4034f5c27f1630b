import { Group, Modal, type MantineSize } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTexts } from '../language.ts';
import { focusHeading, hasNoFocus } from './focus.ts';
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
  const wasOpen = useRef(false);
  useEffect(() => {
    if (opened || !wasOpen.current) {
      wasOpen.current = opened;
      return undefined;
    }
    wasOpen.current = false;
    // the library has returned the focus by then, in vain if what has opened the dialog is disabled or gone
    const timer = setTimeout(() => {
      if (hasNoFocus()) {
        focusHeading();
      }
    }, 100);
    return () => {
      clearTimeout(timer);
    };
  }, [opened]);
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
