import { NativeSelect } from '@mantine/core';
import { useFormats, useTexts, type Translated } from '../language.ts';

const en = {
  label: 'The old one stays valid for',
  none: 'no overlap: it stops working now',
};

const texts: Translated<typeof en> = {
  en,
  de: {
    label: 'Der bisherige Wert bleibt gültig für',
    none: 'ohne Übergang: Er gilt ab sofort nicht mehr',
  },
  fr: {
    label: 'L’ancienne valeur reste valable pendant',
    none: 'aucun délai : elle cesse immédiatement de fonctionner',
  },
  es: {
    label: 'El valor anterior sigue siendo válido durante',
    none: 'sin solapamiento: deja de funcionar ahora',
  },
};

export const defaultOverlapSeconds = 86_400;

interface OverlapProps {
  seconds: number;
  onChange: (seconds: number) => void;
  /** The longest that the service allows. */
  max?: number;
}

/** How long the old secret stays valid beside the new one. */
export function OverlapField({ seconds, onChange, max = Infinity }: OverlapProps) {
  const t = useTexts(texts);
  const { duration } = useFormats();
  const choices = {
    0: t.none,
    3600: duration(1, 'hour'),
    86_400: duration(1, 'day'),
    604_800: duration(7, 'day'),
    2_592_000: duration(30, 'day'),
  };
  return (
    <NativeSelect
      label={t.label}
      value={String(seconds)}
      data={Object.entries(choices)
        .filter(([value]) => Number(value) <= max)
        .map(([value, label]) => ({ value, label }))}
      onChange={({ currentTarget }) => {
        onChange(Number(currentTarget.value));
      }}
    />
  );
}
