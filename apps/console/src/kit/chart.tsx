import { Button, Group, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useId } from 'react';
import { fill, useFormats, useTexts, type Translated } from '../language.ts';

const en = { showTable: 'Show as a table', hideTable: 'Hide the table', total: 'In all: {n}', highest: 'Highest: {n}' };
const texts: Translated<typeof en> = {
  en,
  de: {
    showTable: 'Als Tabelle zeigen',
    hideTable: 'Tabelle ausblenden',
    total: 'Insgesamt: {n}',
    highest: 'Höchstwert: {n}',
  },
  fr: {
    showTable: 'Afficher le tableau',
    hideTable: 'Masquer le tableau',
    total: 'Total : {n}',
    highest: 'Maximum : {n}',
  },
  es: { showTable: 'Mostrar la tabla', hideTable: 'Ocultar la tabla', total: 'Total: {n}', highest: 'Máximo: {n}' },
};

interface Bar {
  id: string;
  /** What the bar is about, such as a time. */
  label: string;
  value: number;
}

interface ChartProps {
  title: string;
  /** The heading of the labels. */
  labels: string;
  bars: Bar[];
  /** Whether the values are states at a time, whose sum means nothing. */
  isState?: boolean;
}

const height = 96;
const step = 12;

/** Bars beside each other, and the same numbers as a table. */
export function BarChart({ title, labels, bars, isState = false }: ChartProps) {
  const t = useTexts(texts);
  const { number, labelled } = useFormats();
  const table = useId();
  const [isOpen, { toggle }] = useDisclosure();
  const highest = Math.max(0, ...bars.map(({ value }) => value));
  const total = bars.reduce((sum, { value }) => sum + value, 0);
  const heightOf = (value: number) => (value === 0 ? 0 : Math.max(2, (value / highest) * height));
  const sum = isState ? '' : `${fill(t.total, { n: number(total) })}. `;
  const summary = `${sum}${fill(t.highest, { n: number(highest) })}.`;
  return (
    <figure className="chart">
      <figcaption>
        <Text fw={600}>{title}</Text>
        <Text size="sm" c="dimmed">
          {summary}
        </Text>
      </figcaption>
      <svg
        role="img"
        aria-label={`${title}. ${summary}`}
        viewBox={`0 0 ${String(bars.length * step)} ${String(height)}`}
        preserveAspectRatio="none"
        width="100%"
        height={height}
      >
        {bars.map(({ id, label, value }, index) => (
          <rect
            key={id}
            x={index * step + 1}
            width={step - 2}
            y={height - heightOf(value)}
            height={heightOf(value)}
            fill="var(--mantine-primary-color-filled)"
          >
            <title>{labelled(label, number(value))}</title>
          </rect>
        ))}
        <rect x={0} y={height - 1} width={bars.length * step} height={1} fill="currentColor" opacity={0.4} />
      </svg>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="xs">{bars[0]?.label}</Text>
        <Text size="xs">{bars.at(-1)?.label}</Text>
      </Group>
      <Button
        variant="default"
        size="compact-sm"
        aria-expanded={isOpen}
        aria-controls={table}
        onClick={toggle}
        aria-label={labelled(isOpen ? t.hideTable : t.showTable, title)}
      >
        {isOpen ? t.hideTable : t.showTable}
      </Button>
      <div
        id={table}
        className="chart-table"
        tabIndex={isOpen ? 0 : -1}
        role="region"
        aria-label={title}
        hidden={!isOpen}
      >
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{labels}</Table.Th>
              <Table.Th>{title}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {bars.map(({ id, label, value }) => (
              <Table.Tr key={id}>
                <Table.Td>{label}</Table.Td>
                <Table.Td>{number(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </figure>
  );
}
