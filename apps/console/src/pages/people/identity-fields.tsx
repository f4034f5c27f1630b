import { TextInput } from '@mantine/core';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

interface Identity {
  email: string;
  name: string;
}

/** Who a new account is for. */
export function IdentityFields({ value, onChange }: { value: Identity; onChange: (part: Partial<Identity>) => void }) {
  const t = useTexts(texts);
  return (
    <>
      <TextInput
        type="email"
        label={t.email}
        value={value.email}
        onChange={({ currentTarget }) => {
          onChange({ email: currentTarget.value });
        }}
        autoComplete="off"
        required
        data-autofocus
      />
      <TextInput
        label={t.name}
        value={value.name}
        onChange={({ currentTarget }) => {
          onChange({ name: currentTarget.value });
        }}
        autoComplete="off"
      />
    </>
  );
}
