import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** One thing that an admin can change, with what it is now. */
export function StatusRow({ title, text, children }: { title: string; text: ReactNode; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm" py="sm" className="status-row">
      <div className="status-text">
        <Title order={3} size="h5">
          {title}
        </Title>
        <Text size="sm" component="div" className="wrap">
          {text}
        </Text>
      </div>
      {children}
    </Group>
  );
}
