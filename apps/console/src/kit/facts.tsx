import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** Names with their values. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} className="wrap">
            {value}
          </Text>
        </div>
      ))}
    </dl>
  );
}

/** Texts below each other; a dash if there are none. */
export function Lines({ texts }: { texts: readonly string[] }) {
  return texts.length === 0 ? (
    <>–</>
  ) : (
    texts.map((text) => (
      <span className="line" key={text}>
        {text}
      </span>
    ))
  );
}

/** A part of a page below a heading of its own. */
export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <Stack component="section" gap="sm" mt="xl">
      <Group justify="space-between" gap="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
