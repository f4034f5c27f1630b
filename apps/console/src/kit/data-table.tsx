import { Button, Center, Checkbox, Table, Text } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTexts } from '../language.ts';
import { Failure } from './failure.tsx';
import { Loaded } from './loaded.tsx';
import { texts } from './texts.ts';

interface Column<Row> {
  header: string;
  cell: (row: Row) => ReactNode;
}

interface Selection {
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

interface DataTableProps<Row extends { id: string }> {
  /** What the table lists. */
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  /** What it says when there are no rows. */
  empty: string;
  /** `nameOf`: what a row is called to a screen reader. */
  selection?: Selection & { nameOf: (row: Row) => string };
}

/** A table of rows that the service has sorted and filtered. */
export function DataTable<Row extends { id: string }>({ label, columns, rows, empty, selection }: DataTableProps<Row>) {
  const t = useTexts(texts);
  if (rows.length === 0) {
    return (
      <Center mih={160}>
        <Text role="status">{empty}</Text>
      </Center>
    );
  }
  const { selected = new Set<string>(), onSelect } = selection ?? {};
  const isAll = rows.every(({ id }) => selected.has(id));
  const toggled = (id: string) => {
    const next = new Set(selected);
    return next.delete(id) ? next : next.add(id);
  };
  return (
    // scrollable by keyboard too
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <Table highlightOnHover verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            {selection && (
              <Table.Th w={40}>
                <Checkbox
                  aria-label={t.selectAll}
                  checked={isAll}
                  indeterminate={!isAll && selected.size > 0}
                  onChange={() => onSelect?.(new Set(isAll ? [] : rows.map(({ id }) => id)))}
                />
              </Table.Th>
            )}
            {columns.map(({ header }) => (
              <Table.Th key={header}>{header}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.id}>
              {selection && (
                <Table.Td>
                  <Checkbox
                    aria-label={selection.nameOf(row)}
                    checked={selected.has(row.id)}
                    onChange={() => onSelect?.(toggled(row.id))}
                  />
                </Table.Td>
              )}
              {columns.map(({ header, cell }) => (
                <Table.Td key={header}>{cell(row)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface PagedTableProps<Page, Row extends { id: string }> extends Omit<DataTableProps<Row>, 'rows'> {
  query: UseInfiniteQueryResult<InfiniteData<Page>>;
  rowsOf: (page: Page) => Row[];
}

/** A table whose pages are loaded one after the other, by the id of the last row (keyset). */
export function PagedTable<Page, Row extends { id: string }>({ query, rowsOf, ...table }: PagedTableProps<Page, Row>) {
  const t = useTexts(texts);
  return (
    <Loaded query={query}>
      {({ pages }) => (
        <>
          <DataTable {...table} rows={pages.flatMap(rowsOf)} />
          {query.isFetchNextPageError && <Failure error={query.error} retry={() => void query.fetchNextPage()} />}
          {query.hasNextPage && !query.isFetchNextPageError && (
            <Center mt="md">
              <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {t.more}
              </Button>
            </Center>
          )}
        </>
      )}
    </Loaded>
  );
}
