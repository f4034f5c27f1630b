import { Checkbox, Group } from '@mantine/core';
import type { AdminAccount } from '#client';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

type Role = AdminAccount['roles'][number];

const roles: readonly Role[] = ['user', 'admin'];

/** The roles of an account, of which it has at least one. */
export function RoleChoice({ value, onChange }: { value: readonly Role[]; onChange: (value: Role[]) => void }) {
  const t = useTexts(texts);
  return (
    <Checkbox.Group
      label={t.roles}
      value={[...value]}
      onChange={(chosen) => {
        onChange(roles.filter((role) => chosen.includes(role)));
      }}
      error={value.length === 0 && t.oneRole}
    >
      <Group mt={4}>
        {roles.map((role) => (
          <Checkbox key={role} value={role} label={role} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}
