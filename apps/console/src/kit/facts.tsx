import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Names and values; a dash stands for what is not known. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" className="wrap">
            {value === null || value === undefined || value === '' ? '–' : value}
          </Text>
        </div>
      ))}
    </dl>
  );
}
