import type { AdminAccount } from '#client';
import { useLocation } from 'wouter';
import { api, orThrow, queries } from '../../../api.ts';
import { save } from '../../../kit/save.ts';
import { Section } from '../../../kit/section.tsx';
import { useTexts } from '../../../language.ts';
import { PersonAct } from './person-act.tsx';
import { StatusRow } from './status-row.tsx';
import { texts } from './texts.ts';

/** What the owner may demand: a copy of their data, and its erasure. */
export function Data({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const [, navigate] = useLocation();
  const params = { path: { id: account.id } };
  return (
    <Section title={t.names.data}>
      <StatusRow title={t.exportTitle} text={t.exportIs}>
        <PersonAct
          account={account}
          label={t.export}
          description={t.exportText}
          run={async () => {
            const data = await orThrow(api.GET('/auth/admin/accounts/{id}/export', { params }));
            save(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }), `account-${account.id}.json`);
          }}
        />
      </StatusRow>
      <StatusRow title={t.eraseTitle} text={t.eraseIs}>
        <PersonAct
          account={account}
          label={t.erase}
          description={t.eraseText}
          typedName={account.email}
          isDestructive
          run={() => orThrow(api.DELETE('/auth/admin/accounts/{id}', { params }))}
          onDone={() => {
            navigate('/people');
            queries.removeQueries({ queryKey: ['account', account.id] });
          }}
        />
      </StatusRow>
    </Section>
  );
}
