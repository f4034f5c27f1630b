import type { AdminAccount } from '#client';
import { useState } from 'react';
import { api, orThrow } from '../../../api.ts';
import { useTexts } from '../../../language.ts';
import { RoleChoice } from '../role-choice.tsx';
import { PersonAct } from './person-act.tsx';
import { texts } from './texts.ts';

export function ChangeRoles({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const [chosen, setChosen] = useState<AdminAccount['roles']>();
  const roles = chosen ?? account.roles;
  return (
    <PersonAct
      account={account}
      label={t.changeRoles}
      description={t.changeRolesText}
      canRun={roles.length > 0}
      run={() =>
        orThrow(api.PUT('/auth/admin/accounts/{id}/roles', { params: { path: { id: account.id } }, body: { roles } }))
      }
      onOpen={() => {
        setChosen(undefined);
      }}
      fields={<RoleChoice value={roles} onChange={setChosen} />}
    />
  );
}
