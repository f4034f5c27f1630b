import type { AdminAccount } from '#client';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, orThrow } from '../../../api.ts';
import { DataTable } from '../../../kit/data-table.tsx';
import { Loaded } from '../../../kit/loaded.tsx';
import { Moment } from '../../../kit/moment.tsx';
import { Section } from '../../../kit/section.tsx';
import { useFormats, useTexts } from '../../../language.ts';
import { PersonAct } from './person-act.tsx';
import { audited } from '../../../kit/audited.ts';
import { texts } from './texts.ts';

/** Where the owner is logged in. */
export function Sessions({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const { moment } = useFormats();
  const { id } = account;
  const query = useQuery({
    queryKey: ['account', id, 'sessions'],
    queryFn: ({ signal }) =>
      orThrow(api.GET('/auth/admin/accounts/{id}/sessions', { params: { path: { id } }, signal })),
    ...audited,
  });
  const end = (sessionId: string) =>
    orThrow(api.DELETE('/auth/admin/accounts/{id}/sessions/{sessionId}', { params: { path: { id, sessionId } } }));
  return (
    <Section
      title={t.names.sessions}
      rows={query.data?.sessions.length}
      actions={
        <PersonAct
          account={account}
          label={t.endAll}
          description={t.endAllText}
          isDestructive
          run={() => orThrow(api.DELETE('/auth/admin/accounts/{id}/sessions', { params: { path: { id } } }))}
        />
      }
    >
      <Loaded query={query}>
        {({ sessions }) => (
          <DataTable
            label={t.names.sessions}
            rows={sessions}
            empty={t.noSessions}
            columns={[
              {
                header: t.device,
                cell: ({ device, user_agent, current }) => (
                  <>
                    <span className="wrap">{device}</span>
                    {current && <Text size="sm">{t.thisSession}</Text>}
                    {user_agent !== null && user_agent !== device && (
                      <Text size="xs" className="wrap" maw={320}>
                        {user_agent}
                      </Text>
                    )}
                  </>
                ),
              },
              { header: t.address, cell: ({ address }) => address },
              { header: t.began, cell: ({ created_at }) => <Moment at={created_at} /> },
              { header: t.lastUsed, cell: ({ last_used_at }) => <Moment at={last_used_at} /> },
              { header: t.expires, cell: ({ expires_at }) => <Moment at={expires_at} /> },
              {
                header: t.action,
                cell: (session) => (
                  <PersonAct
                    account={account}
                    label={t.end}
                    of={`${session.device}, ${moment(session.created_at)}`}
                    description={session.current ? t.endOwnText : t.endText}
                    isDestructive
                    button={{ size: 'xs' }}
                    run={() => end(session.id)}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
