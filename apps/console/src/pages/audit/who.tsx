import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { useTexts } from '../../language.ts';
import { useIdentity } from '../../session/identity.ts';
import { texts } from './texts.ts';

/** An account or service account that acted or was affected, as a link to its page. */
export function Who({ id }: { id: string | null }) {
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
  const program = data?.service_accounts.find((account) => account.id === id);
  return (
    <Anchor component={Link} href={program ? `/service-accounts/${id}` : `/people/${id}`} title={id} className="wrap">
      {program?.name ?? (id === me.id ? t.you : `…${id.slice(-12)}`)}
    </Anchor>
  );
}
