import { useQuery } from '@tanstack/react-query';
import { api, orThrow } from '../api.ts';
import { part } from '../layout/part.tsx';
import { Shell } from '../layout/shell.tsx';
import type { Entrance, Identity } from '../session/authorization.ts';
import { IdentityContext } from '../session/identity.ts';

const Refusal = part(() => import('./refusal.tsx'));

function SignedIn({ identity }: { identity: Identity }) {
  // an act of this admin, or of another one, may change it
  const { data } = useQuery<Identity>({
    queryKey: ['me'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/me', { signal })),
    initialData: identity,
    staleTime: Infinity,
  });
  return data.roles.includes('admin') ? (
    <IdentityContext value={data}>
      <Shell />
    </IdentityContext>
  ) : (
    <Refusal entrance={{ identity: data }} />
  );
}

/** Lets admins with a second factor in, and nobody else. */
export function Admission({ entrance }: { entrance: Entrance }) {
  return 'identity' in entrance ? <SignedIn identity={entrance.identity} /> : <Refusal entrance={entrance} />;
}
