import { Anchor, Group, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { Dialog } from '../../kit/dialog.tsx';
import { Facts } from '../../kit/facts.tsx';
import { useFormats, useTexts } from '../../language.ts';
import type { AuditEvent } from './tail.ts';
import { texts } from './texts.ts';
import { Who } from './who.tsx';

/** A value of an event's detail as people read it. */
function readable(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map(readable).join(', ') || '–';
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, part]) => `${name}: ${readable(part)}`);
    return members.join('; ') || '–';
  }
  return typeof value === 'string' ? value || '–' : value === null ? '–' : JSON.stringify(value);
}

/** All that is known of an event. */
export function EventDialog({ event, onClose }: { event: AuditEvent | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const { time } = useFormats();
  return (
    <Dialog opened={event !== undefined} onClose={onClose} title={event?.type} size="lg">
      {event && (
        <Stack>
          <Facts
            facts={[
              [t.time, time(event.occurred_at, { dateStyle: 'full', timeStyle: 'long' })],
              [t.actor, <Who id={event.actor_id} />],
              [t.subject, <Who id={event.subject_id} type={event.type} />],
              [t.address, event.address ?? '–'],
              [t.userAgent, event.user_agent ?? '–'],
              [t.requestId, event.request_id ?? '–'],
              [t.eventId, event.id],
              ...Object.entries(event.detail).map(([name, value]): [string, string] => [name, readable(value)]),
            ]}
          />
          <Group>
            {event.actor_id && (
              <Anchor component={Link} href={`/audit?account=${event.actor_id}`} onClick={onClose}>
                {t.allOfActor}
              </Anchor>
            )}
            {event.subject_id && event.subject_id !== event.actor_id && (
              <Anchor component={Link} href={`/audit?account=${event.subject_id}`} onClick={onClose}>
                {t.allOfSubject}
              </Anchor>
            )}
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
