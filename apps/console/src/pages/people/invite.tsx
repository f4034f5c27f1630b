import type { Invitation } from '#client';
import { NativeSelect } from '@mantine/core';
import { useContext, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { LocaleContext, locales, useTexts, type Locale } from '../../language.ts';
import { languageNames } from '../../layout/texts.ts';
import { IdentityFields } from './identity-fields.tsx';
import { RoleChoice } from './role-choice.tsx';
import { texts } from './texts.ts';

/** Sends a person a link to set a password for a new account, and opens the account. */
export function Invite() {
  const t = useTexts(texts);
  const { locale: own } = useContext(LocaleContext);
  const [, navigate] = useLocation();
  const empty = { email: '', name: '', roles: ['user'] as Invitation['roles'] & object, locale: own };
  const [form, setForm] = useState(empty);
  const invited = useRef('');
  const change = (part: Partial<typeof empty>) => {
    setForm((before) => ({ ...before, ...part }));
  };
  return (
    <Act
      label={t.invite}
      description={t.inviteText}
      changes={['accounts']}
      canRun={form.roles.length > 0}
      button={{ variant: 'filled' }}
      run={async () => {
        const { email, name, roles, locale } = form;
        const body = { email: email.trim(), roles, locale, ...(name.trim() && { name: name.trim() }) };
        invited.current = (await orThrow(api.POST('/auth/admin/invitations', { body }))).id;
      }}
      onOpen={() => {
        setForm(empty);
      }}
      onDone={() => {
        navigate(`/people/${invited.current}`);
      }}
      fields={
        <>
          <IdentityFields value={form} onChange={change} />
          <RoleChoice value={form.roles} onChange={(roles) => change({ roles })} />
          <NativeSelect
            label={t.mailLanguage}
            value={form.locale}
            data={locales.map((value) => ({ value, label: languageNames[value] }))}
            onChange={({ currentTarget }) => change({ locale: currentTarget.value as Locale })}
          />
        </>
      }
    />
  );
}
