import type { Import } from '#client';
import { Anchor, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { Moment } from '../../kit/moment.tsx';
import { Section } from '../../kit/section.tsx';
import { useFormats, useTexts } from '../../language.ts';
import { useIdentity } from '../../session/identity.ts';
import { RefusedLines } from './refused-lines.tsx';
import { stop } from './send.ts';
import { texts } from './texts.ts';

const pollMs = 2000;

/**
 * The latest imports of all admins.
 * @param props.ownId the import that the page shows by itself
 */
export function Imports({ ownId }: { ownId: string | undefined }) {
  const t = useTexts(texts);
  const { number } = useFormats();
  const me = useIdentity();
  const query = useQuery({
    queryKey: ['imports'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/imports', { signal })),
    refetchInterval: ({ state }) => (state.data?.imports.some((run) => run.state === 'running') ? pollMs : false),
  });
  return (
    <Section title={t.latest}>
      <Loaded query={query}>
        {({ imports }) => (
          <DataTable
            label={t.latest}
            empty={t.empty}
            rows={imports}
            columns={[
              { header: t.started, cell: ({ started_at }: Import) => <Moment at={started_at} /> },
              {
                header: t.who,
                cell: ({ actor_id }) => (
                  <Anchor component={Link} href={`/people/${actor_id}`} title={actor_id}>
                    {actor_id === me.id ? t.you : `…${actor_id.slice(-12)}`}
                  </Anchor>
                ),
              },
              { header: t.kind, cell: ({ dry_run }) => (dry_run ? t.dryRun : t.realRun) },
              { header: t.state, cell: ({ state }) => t.states[state] },
              { header: t.lines, cell: ({ lines }) => number(lines) },
              { header: t.created, cell: ({ created, dry_run }) => (dry_run ? '–' : number(created)) },
              { header: t.existing, cell: ({ existing }) => number(existing) },
              { header: t.refused, cell: ({ refused }) => number(refused) },
              {
                header: t.action,
                cell: ({ id, state, refused }) => (
                  <Group gap="xs" wrap="nowrap">
                    {state === 'running' && id !== ownId && (
                      <Act
                        label={t.stop}
                        description={t.stopText}
                        isDestructive
                        button={{ size: 'xs' }}
                        run={() => stop(id)}
                        changes={['imports']}
                      />
                    )}
                    {state !== 'running' && refused > 0 && <RefusedLines id={id} />}
                  </Group>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
