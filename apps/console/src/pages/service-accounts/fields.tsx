import { Stack, TextInput } from '@mantine/core';
import { LinesField, linesOf } from '../../kit/lines-field.tsx';
import { useTexts } from '../../language.ts';
import { texts } from './texts.ts';

/** What a person fills in about a service account, as text. */
export interface Draft {
  name: string;
  /** One a line. */
  scopes: string;
}

export const emptyDraft: Draft = { name: '', scopes: '' };

/** What the service stores. */
export const bodyOf = ({ name, scopes }: Draft) => ({ name: name.trim(), scopes: linesOf(scopes) });

export const isComplete = ({ name, scopes }: Draft): boolean => name.trim() !== '' && linesOf(scopes).length > 0;

interface FieldsProps {
  draft: Draft;
  /** Called with the members that were changed. */
  onChange: (change: Partial<Draft>) => void;
}

/** The fields of a service account. */
export function ServiceAccountFields({ draft, onChange: set }: FieldsProps) {
  const t = useTexts(texts);
  return (
    <Stack>
      <TextInput
        label={t.name}
        value={draft.name}
        required
        maxLength={64}
        autoComplete="off"
        onChange={({ currentTarget }) => {
          set({ name: currentTarget.value });
        }}
      />
      <LinesField
        label={t.scopes}
        description={t.scopesDescription}
        value={draft.scopes}
        required
        onChange={(scopes) => {
          set({ scopes });
        }}
      />
    </Stack>
  );
}
