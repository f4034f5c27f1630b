import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { SigningKeyList } from '#client';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DataTable } from '../../kit/data-table.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { Moment } from '../../kit/moment.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

type SigningKey = SigningKeyList['keys'][number];
const refreshMs = 60_000;

/** The keys that sign tokens: the one that signs now, the next one, and those whose tokens are still valid. */
export default function SigningKeys() {
  const t = useTexts(texts);
  const query = useQuery({
    queryKey: ['signing-keys'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/signing-keys', { signal })),
    // a key begins to sign by itself
    refetchInterval: refreshMs,
  });
  const stateOf = ({ active, retired_at }: SigningKey) => (active ? t.signs : retired_at === null ? t.next : t.retired);
  return (
    <>
      <PageTitle title={t.title}>
        <Act
          label={t.rotate}
          description={t.rotateDescription}
          run={() => orThrow(api.POST('/auth/keys/rotate'))}
          changes={['signing-keys', 'statistics']}
        />
      </PageTitle>
      <Text size="sm" mb="md">
        {t.text}
      </Text>
      <Loaded query={query}>
        {({ keys }) => (
          <DataTable
            label={t.title}
            empty={t.empty}
            rows={keys.map((key) => ({ id: key.kid, ...key }))}
            columns={[
              { header: t.kid, cell: ({ kid }) => <span className="wrap">{kid}</span> },
              { header: t.algorithm, cell: ({ algorithm }) => algorithm },
              { header: t.state, cell: stateOf },
              { header: t.created, cell: ({ created_at }) => <Moment at={created_at} /> },
              { header: t.activeFrom, cell: ({ active_from }) => <Moment at={active_from} /> },
              { header: t.retiredAt, cell: ({ retired_at }) => <Moment at={retired_at} /> },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}
