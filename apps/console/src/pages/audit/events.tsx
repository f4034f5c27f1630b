import { Anchor } from '@mantine/core';
import { useFormats, useTexts } from '../../language.ts';
import type { AuditEvent } from './tail.ts';
import { texts } from './texts.ts';
import { Who } from './who.tsx';

export type OnOpen = (event: AuditEvent) => void;

/**
 * The columns of a table of events.
 * @param owner the account that all events are about, if there is one
 */
export function useEventColumns(onOpen: OnOpen, owner?: string) {
  const t = useTexts(texts);
  const { time } = useFormats();
  return [
    {
      header: t.time,
      cell: ({ occurred_at }: AuditEvent) => (
        <time dateTime={occurred_at}>{time(occurred_at, { dateStyle: 'short', timeStyle: 'medium' })}</time>
      ),
    },
    {
      header: t.type,
      cell: (event: AuditEvent) => (
        <Anchor
          component="button"
          type="button"
          onClick={() => {
            onOpen(event);
          }}
        >
          {event.type}
        </Anchor>
      ),
    },
    { header: t.actor, cell: ({ actor_id }: AuditEvent) => <Who id={actor_id} owner={owner} /> },
    {
      header: t.subject,
      cell: ({ subject_id, type }: AuditEvent) => <Who id={subject_id} type={type} owner={owner} />,
    },
    { header: t.address, cell: ({ address }: AuditEvent) => address ?? '–' },
  ];
}
