import { NativeSelect } from '@mantine/core';
import { useTexts, type Translated } from '../language.ts';

const en = {
  label: 'The old one stays valid for',
  none: 'not at all: it ends now',
  hour: '1 hour',
  day: '1 day',
  week: '7 days',
  month: '30 days',
};

const texts: Translated<typeof en> = {
  en,
  de: {
    label: 'Das alte bleibt gültig für',
    none: 'gar nicht: es endet jetzt',
    hour: '1 Stunde',
    day: '1 Tag',
    week: '7 Tage',
    month: '30 Tage',
  },
  fr: {
    label: 'L’ancien reste valable pendant',
    none: 'aucun délai : il prend fin maintenant',
    hour: '1 heure',
    day: '1 jour',
    week: '7 jours',
    month: '30 jours',
  },
  es: {
    label: 'El anterior sigue siendo válido durante',
    none: 'nada: termina ahora',
    hour: '1 hora',
    day: '1 día',
    week: '7 días',
    month: '30 días',
  },
};

export const defaultOverlapSeconds = 86_400;

/** How long the old secret stays valid beside the new one. */
export function OverlapField({ seconds, onChange }: { seconds: number; onChange: (seconds: number) => void }) {
  const t = useTexts(texts);
  return (
    <NativeSelect
      label={t.label}
      value={String(seconds)}
      data={[
        { value: '0', label: t.none },
        { value: '3600', label: t.hour },
        { value: '86400', label: t.day },
        { value: '604800', label: t.week },
        { value: '2592000', label: t.month },
      ]}
      onChange={({ currentTarget }) => {
        onChange(Number(currentTarget.value));
      }}
    />
  );
}
