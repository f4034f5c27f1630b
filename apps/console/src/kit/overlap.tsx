import { NativeSelect } from '@mantine/core';
import { useTexts, type Translated } from '../language.ts';

const en = {
  label: 'The old one stays valid for',
  none: 'no overlap: it stops working now',
  hour: '1 hour',
  day: '1 day',
  week: '7 days',
  month: '30 days',
};

const texts: Translated<typeof en> = {
  en,
  de: {
    label: 'Das alte bleibt gültig für',
    none: 'ohne Übergang: Es gilt ab sofort nicht mehr',
    hour: '1 Stunde',
    day: '1 Tag',
    week: '7 Tage',
    month: '30 Tage',
  },
  fr: {
    label: 'L’ancien reste valable pendant',
    none: 'aucun délai : il cesse de fonctionner maintenant',
    hour: '1 heure',
    day: '1 jour',
    week: '7 jours',
    month: '30 jours',
  },
  es: {
    label: 'El anterior sigue siendo válido durante',
    none: 'sin solapamiento: deja de funcionar ahora',
    hour: '1 hora',
    day: '1 día',
    week: '7 días',
    month: '30 días',
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
  const choices = { 0: t.none, 3600: t.hour, 86_400: t.day, 604_800: t.week, 2_592_000: t.month };
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
