import type { AdminAccount, NewAccount } from '#client';
import { Button, Checkbox, Group, PasswordInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { api, orThrow } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { useTexts } from '../../language.ts';
import { IdentityFields } from './identity-fields.tsx';
import { RoleChoice } from './role-choice.tsx';
import { texts } from './texts.ts';

const empty = { email: '', name: '', password: '', roles: ['user'] as NewAccount['roles'] & object, verified: false };

/** Creates an account with a password, and opens it. */
export function CreateAccount() {
  const t = useTexts(texts);
  const [, navigate] = useLocation();
  const [form, setForm] = useState(empty);
  const [isVisible, visible] = useDisclosure();
  const created = useRef<AdminAccount>(undefined);
  const change = (part: Partial<typeof empty>) => {
    setForm((before) => ({ ...before, ...part }));
  };
  return (
    <Act
      label={t.create}
      description={t.createText}
      changes={['accounts']}
      canRun={form.roles.length > 0}
      run={async () => {
        const { email, password, roles, name, verified } = form;
        const body = {
          email: email.trim(),
          password,
          roles,
          ...(name.trim() && { name: name.trim() }),
          ...(verified && { email_verified: true }),
        };
        created.current = await orThrow(api.POST('/auth/admin/accounts', { body }));
      }}
      onOpen={() => {
        setForm(empty);
        visible.close();
      }}
      onDone={() => {
        setForm(empty);
        navigate(`/people/${created.current?.id ?? ''}`);
      }}
      fields={
        <>
          <IdentityFields value={form} onChange={change} />
          <Group align="flex-end" gap="xs">
            <PasswordInput
              label={t.password}
              value={form.password}
              onChange={({ currentTarget }) => change({ password: currentTarget.value })}
              visible={isVisible}
              onVisibilityChange={visible.toggle}
              visibilityToggleButtonProps={{ 'aria-label': t.showPassword, 'aria-pressed': isVisible, tabIndex: 0 }}
              autoComplete="new-password"
              minLength={8}
              maxLength={128}
              required
              flex="1 1 12rem"
            />
            <Button
              variant="default"
              onClick={() => {
                change({ password: randomPassword() });
                visible.open();
              }}
            >
              {t.generate}
            </Button>
          </Group>
          <RoleChoice value={form.roles} onChange={(roles) => change({ roles })} />
          <Checkbox
            label={t.vouch}
            description={t.vouchText}
            checked={form.verified}
            onChange={({ currentTarget }) => change({ verified: currentTarget.checked })}
          />
        </>
      }
    />
  );
}

/** 120 random bits in letters, digits, `-` and `_`. */
function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
