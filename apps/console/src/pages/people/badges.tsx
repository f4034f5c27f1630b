import type { AdminAccount } from '#client';
import { Badge, Group } from '@mantine/core';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

export function RoleBadges({ roles }: Pick<AdminAccount, 'roles'>) {
  return (
    <Group gap={4}>
      {roles.map((role) => (
        <Badge key={role} variant="default" tt="none" miw="max-content">
          {role}
        </Badge>
      ))}
    </Group>
  );
}

/** What is out of the ordinary about an account; “active” if nothing is. */
export function StatusBadges({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const notes = [
    account.disabled_at !== null && t.disabled,
    account.email_verified_at === null && t.unverified,
    !account.has_password && t.noPassword,
  ].filter((note) => note !== false);
  return (
    <Group gap={4}>
      {(notes.length > 0 ? notes : [t.active]).map((note) => (
        <Badge key={note} variant="default" tt="none" miw="max-content">
          {note}
        </Badge>
      ))}
    </Group>
  );
}
