import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { useTexts } from '../../language.ts';
import { useIdentity } from '../../session/identity.ts';
import { texts } from './texts.ts';

/** Events whose subject is no account, and where its page is. */
const pathOf = (type: string | undefined): string =>
  ['application', 'webhook', 'service_account'].includes(type?.split('.')[0] ?? '')
    ? `/${String(type?.split('.')[0]).replace('_', '-')}s`
    : '/people';

/**
 * Who acted or was affected, as a link to its page.
 * @param props.type the event's type, if it is about its subject
 * @param props.owner the account whose page it is on
 */
export function Who({ id, type, owner }: { id: string | null; type?: string; owner?: string | undefined }) {
  const t = useTexts(texts);
  const me = useIdentity();
  const { data } = useQuery({
    queryKey: ['service-accounts'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/service-accounts', { signal })),
    staleTime: 60_000,
  });
  if (id === null) {
    return <>–</>;
  }
  if (id === owner) {
    return <>{t.thisAccount}</>;
  }
  const program = data?.service_accounts.find((account) => account.id === id);
  return (
    <Anchor component={Link} href={`${program ? '/service-accounts' : pathOf(type)}/${id}`} title={id} className="wrap">
      {program?.name ?? (id === me.id ? t.you : `…${id.slice(-12)}`)}
    </Anchor>
  );
}
