/** Tables as text, as PostgreSQL's COPY writes them, in a stable order of rows. */
import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** A table of the schema `public`. */
export interface Table {
  name: string;
  /** Columns that are not generated. */
  columns: string[];
  /** Columns of the primary key, or all columns if there is none. */
  order: string[];
}

export interface Content {
  rows: number;
  /** SHA-256 of the rows as COPY writes them, in hexadecimal. */
  sha256: string;
}

/** TypeORM's table of applied migrations. It belongs to the schema and is not dumped. */
const history = 'migration';

const tablesStatement = `
  SELECT c.relname AS name,
    array_agg(a.attname::text ORDER BY a.attnum) AS columns,
    coalesce((SELECT array_agg(k.attname::text ORDER BY array_position(i.indkey::int2[], k.attnum))
      FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey::int2[])
      WHERE i.indrelid = c.oid AND i.indisprimary), array_agg(a.attname::text ORDER BY a.attnum)) AS "order",
    (SELECT coalesce(array_agg(DISTINCT f.confrelid::regclass::text), '{}') FROM pg_constraint f
      WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS needs
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> $1
  GROUP BY c.oid, c.relname ORDER BY c.relname`;

/** Makes the text of each value independent of the server's settings. */
export const settings = `
  SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';
  SET extra_float_digits = 1; SET bytea_output = 'hex'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;`;

/** All tables, each after those that its foreign keys reference. */
export async function tables(client: Client): Promise<Table[]> {
  const { rows } = await client.query<Table & { needs: string[] }>(tablesStatement, [history]);
  const sorted: Table[] = [];
  while (rows.length > 0) {
    const next = rows.findIndex(({ needs }) => needs.every((need) => !rows.some(({ name }) => name === need)));
    if (next === -1) {
      throw new Error(`The foreign keys of ${rows.map(({ name }) => name).join(', ')} form a cycle.`);
    }
    const [{ name, columns, order } = {} as Table] = rows.splice(next, 1);
    sorted.push({ name, columns, order });
  }
  return sorted;
}

/** The names of the applied migrations in order; none for an empty database. */
export async function migrations(client: Client): Promise<string[]> {
  const { rows: there } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    history,
  ]);
  if (there[0]?.there !== true) {
    return [];
  }
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${history} ORDER BY timestamp`);
  return rows.map(({ name }) => name);
}

export const quoted = (client: Client, names: string[]): string =>
  names.map((name) => client.escapeIdentifier(name)).join(', ');

/** Reads a table's rows. `content` describes the rows that have been read so far. */
export function read(client: Client, { name, columns, order }: Table) {
  const selected = `SELECT ${quoted(client, columns)} FROM ${client.escapeIdentifier(name)} ORDER BY ${quoted(client, order)}`;
  return measured(client.query(copyTo(`COPY (${selected}) TO STDOUT`)) as AsyncIterable<Buffer>);
}

/** Counts and hashes rows as they pass. */
export function measured(source: AsyncIterable<Buffer>) {
  const hash = createHash('sha256');
  let rows = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) {
        rows += 1;
      }
      yield chunk;
    }
  }
  return { chunks: chunks(), content: (): Content => ({ rows, sha256: hash.digest('hex') }) };
}

/** Reads all rows and returns their count and hash. */
export async function contentOf({ chunks, content }: ReturnType<typeof measured>): Promise<Content> {
  for await (const _ of chunks) {
    // `measured` counts them
  }
  return content();
}
