import { Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import { hasNoFocus } from './focus.ts';

interface SectionProps {
  title: string;
  /** What the section is about. */
  text?: ReactNode;
  /** Buttons that concern the whole section. */
  actions?: ReactNode;
  /** How many rows it shows: when the row goes that had the focus, the heading gets it. */
  rows?: number | undefined;
  children?: ReactNode;
}

/** A part of a page, below a heading of the second level. */
export function Section({ title, text, actions, rows, children }: SectionProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(rows);
  useEffect(() => {
    if (rows !== undefined && before.current !== undefined && rows < before.current && hasNoFocus()) {
      heading.current?.focus();
    }
    before.current = rows;
  }, [rows]);
  return (
    <Stack component="section" gap="sm" className="section">
      <Group justify="space-between" gap="sm">
        <Title order={2} size="h3" ref={heading} tabIndex={-1} style={{ outline: 'none' }}>
          {title}
        </Title>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {text && (
        <Text size="sm" maw={720}>
          {text}
        </Text>
      )}
      {children}
    </Stack>
  );
}
