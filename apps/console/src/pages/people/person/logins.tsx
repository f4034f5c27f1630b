import type { AdminAccount, Identity, Passkey } from '#client';
import { useQuery } from '@tanstack/react-query';
import { api, orThrow } from '../../../api.ts';
import { DataTable } from '../../../kit/data-table.tsx';
import { Loaded } from '../../../kit/loaded.tsx';
import { Moment } from '../../../kit/moment.tsx';
import { Section } from '../../../kit/section.tsx';
import { fill, useTexts } from '../../../language.ts';
import { PersonAct } from './person-act.tsx';
import { audited } from '../../../kit/audited.ts';
import { texts } from './texts.ts';

/** The ways to log in to an account. */
export function Logins({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const params = { path: { id: account.id } };
  return (
    <>
      <Section title={t.password} text={account.has_password ? t.hasPassword : t.noPassword} />
      <Passkeys account={account} />
      <Identities account={account} />
      <Section
        title={t.factors}
        text={t.factorsText}
        actions={
          <>
            <PersonAct
              account={account}
              label={t.removeApp}
              description={t.removeAppText}
              isDestructive
              run={() => orThrow(api.DELETE('/auth/admin/accounts/{id}/mfa/totp', { params }))}
            />
            <PersonAct
              account={account}
              label={t.resetFactors}
              description={account.has_password ? t.resetFactorsText : t.resetFactorsNoPasswordText}
              isDestructive
              run={() => orThrow(api.DELETE('/auth/admin/accounts/{id}/mfa', { params }))}
            />
          </>
        }
      />
    </>
  );
}

function Passkeys({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const { id } = account;
  const query = useQuery({
    queryKey: ['account', id, 'passkeys'],
    queryFn: ({ signal }) =>
      orThrow(api.GET('/auth/admin/accounts/{id}/passkeys', { params: { path: { id } }, signal })),
    ...audited,
  });
  const remove = (passkey: Passkey) =>
    orThrow(
      api.DELETE('/auth/admin/accounts/{id}/passkeys/{passkeyId}', { params: { path: { id, passkeyId: passkey.id } } }),
    );
  return (
    <Section title={t.passkeys} rows={query.data?.passkeys.length}>
      <Loaded query={query}>
        {({ passkeys }) => (
          <DataTable
            label={t.passkeys}
            rows={passkeys}
            empty={t.noPasskeys}
            columns={[
              { header: t.name, cell: ({ name }) => <span className="wrap">{name}</span> },
              { header: t.synced, cell: ({ synced }) => (synced ? t.yes : t.no) },
              { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
              { header: t.lastUsed, cell: ({ last_used_at }) => <Moment at={last_used_at} /> },
              {
                header: t.action,
                cell: (passkey) => (
                  <PersonAct
                    account={account}
                    label={t.remove}
                    of={passkey.name}
                    description={fill(t.removePasskey, { name: passkey.name })}
                    isDestructive
                    button={{ size: 'xs' }}
                    run={() => remove(passkey)}
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

function Identities({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const { id } = account;
  const query = useQuery({
    queryKey: ['account', id, 'identities'],
    queryFn: ({ signal }) =>
      orThrow(api.GET('/auth/admin/accounts/{id}/identities', { params: { path: { id } }, signal })),
    ...audited,
  });
  const unlink = (identity: Identity) =>
    orThrow(
      api.DELETE('/auth/admin/accounts/{id}/identities/{identityId}', {
        params: { path: { id, identityId: identity.id } },
      }),
    );
  return (
    <Section title={t.identities} rows={query.data?.identities.length}>
      <Loaded query={query}>
        {({ identities }) => (
          <DataTable
            label={t.identities}
            rows={identities}
            empty={t.noIdentities}
            columns={[
              { header: t.provider, cell: ({ provider }) => provider },
              { header: t.email, cell: ({ email }) => <span className="wrap">{email ?? '–'}</span> },
              { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
              { header: t.lastUsed, cell: ({ last_used_at }) => <Moment at={last_used_at} /> },
              {
                header: t.action,
                cell: (identity) => (
                  <PersonAct
                    account={account}
                    label={t.unlink}
                    of={identity.provider}
                    description={fill(t.unlinkText, { provider: identity.provider })}
                    isDestructive
                    button={{ size: 'xs' }}
                    run={() => unlink(identity)}
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
