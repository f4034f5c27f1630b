import { Text } from '@mantine/core';
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
