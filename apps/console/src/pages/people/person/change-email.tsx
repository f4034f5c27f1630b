import type { AdminAccount } from '#client';
import { Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, orThrow } from '../../../api.ts';
import { useTexts } from '../../../language.ts';
import { PersonAct } from './person-act.tsx';
import { texts } from './texts.ts';

export function ChangeEmail({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const [email, setEmail] = useState('');
  const [verified, setVerified] = useState(false);
  return (
    <PersonAct
      account={account}
      label={t.changeEmail}
      description={t.changeEmailText}
      canRun={email.trim() !== ''}
      run={() =>
        orThrow(
          api.PUT('/auth/admin/accounts/{id}/email', {
            params: { path: { id: account.id } },
            body: { email: email.trim(), verified },
          }),
        )
      }
      onOpen={() => {
        setEmail('');
        setVerified(false);
      }}
      fields={
        <>
          <TextInput
            type="email"
            label={t.newEmail}
            value={email}
            onChange={({ currentTarget }) => {
              setEmail(currentTarget.value);
            }}
            autoComplete="off"
            required
            data-autofocus
          />
          <Checkbox
            label={t.vouch}
            description={t.vouchText}
            checked={verified}
            onChange={({ currentTarget }) => {
              setVerified(currentTarget.checked);
            }}
          />
        </>
      }
    />
  );
}
