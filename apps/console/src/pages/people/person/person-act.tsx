import type { AdminAccount } from '#client';
import { Text } from '@mantine/core';
import type { ComponentProps } from 'react';
import { Act } from '../../../kit/act.tsx';
import { useTexts } from '../../../language.ts';
import { useIdentity } from '../../../session/identity.ts';
import { texts } from './texts.ts';

type PersonActProps = Omit<ComponentProps<typeof Act>, 'changes'> & { account: AdminAccount };

/** An act on an account. Its dialog says whose it is, and warns admins of acting on their own. */
export function PersonAct({ account, description, ...act }: PersonActProps) {
  const t = useTexts(texts);
  const self = useIdentity();
  return (
    <Act
      {...act}
      changes={['account', 'accounts', ...(account.id === self.id ? ['me'] : [])]}
      description={
        <>
          <Text size="sm" fw={600}>
            {account.email}
          </Text>
          {account.id === self.id && (
            <Text size="sm" fw={600}>
              {t.actOnSelf}
            </Text>
          )}
          {description}
        </>
      }
    />
  );
}
