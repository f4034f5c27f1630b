import type { DataSource, EntityManager } from 'typeorm';
import { sql, Sql } from './sql.ts';

/** What runs a statement: a data source outside of a transaction, an entity manager inside one. */
export type Queryable = Pick<DataSource | EntityManager, 'query'>;

/** Runs a statement and returns its rows, those of `RETURNING` too. */
export async function queryRows<Row>(on: Queryable, statement: Sql): Promise<Row[]> {
  return rowsOf(await run(on, statement)) as Row[];
}

/** Runs a statement and returns its first row, if it has one. */
export async function queryRow<Row>(on: Queryable, statement: Sql): Promise<Row | undefined> {
  return rowsOf(await run(on, statement))[0] as Row | undefined;
}

/**
 * Runs an UPDATE, a DELETE, or an INSERT … RETURNING.
 * @returns how many rows it changed
 */
export async function execute(on: Queryable, statement: Sql): Promise<number> {
  const result = await run(on, statement);
  return isPair(result) ? result[1] : (result as unknown[]).length;
}

/** What a table holds only for a time. */
interface Expiry {
  table: string;
  /** The primary key. */
  key: string;
  /** Which rows may go; an index must serve it. */
  expired: Sql;
  /** The column by which the oldest rows go first. */
  orderBy: string;
}

/**
 * Deletes the oldest expired rows, and skips those that another transaction holds. The keys are an array: otherwise the
 * planner may read the whole table to join them.
 * @param limit rows deleted at most
 * @returns how many it deleted
 */
export function purge(on: Queryable, { table, key, expired, orderBy }: Expiry, limit: number): Promise<number> {
  const name = sql.raw(
    `/* ${table}.purge */ DELETE FROM ${table} WHERE ${key} = ANY (ARRAY (SELECT ${key} FROM ${table}`,
  );
  return execute(
    on,
    sql`${name} WHERE ${expired} ORDER BY ${sql.raw(orderBy)} LIMIT ${limit} FOR UPDATE SKIP LOCKED))`,
  );
}

/** How many rows there are. */
export interface BoundedCount {
  value: number;
  /** Whether the value is no estimate. */
  exact: boolean;
}

/** The most rows that are counted one by one. */
const maxCounted = 10_000;

/**
 * Counts the rows that meet a condition: up to 10,000 one by one, beyond that by PostgreSQL's estimate.
 * @param orderBy makes PostgreSQL read its index even if most rows match
 */
export async function countBounded(
  on: Queryable,
  table: string,
  condition: Sql,
  orderBy: string,
): Promise<BoundedCount> {
  const rows = sql`FROM ${sql.raw(table)} WHERE ${condition}`;
  const counted = await queryRow<{ count: number }>(
    on,
    sql`${sql.raw(`/* ${table}.count */`)}
      SELECT count(*)::int FROM (SELECT ${rows} ORDER BY ${sql.raw(orderBy)} LIMIT ${maxCounted + 1}) AS found`,
  );
  const value = counted?.count ?? 0;
  if (value <= maxCounted) {
    return { value, exact: true };
  }
  const estimated = await queryRow<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    on,
    sql`${sql.raw(`/* ${table}.estimate */`)} EXPLAIN (FORMAT JSON) SELECT ${rows}`,
  );
  return { value: Math.max(value, estimated?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0), exact: false };
}

async function run(on: Queryable, statement: Sql): Promise<unknown> {
  const { text, parameters } = statement.compile();
  return on.query(text, parameters);
}

/** TypeORM answers `[rows, count]` to UPDATE and DELETE, and rows to the rest. */
const isPair = (result: unknown): result is [unknown[], number] => Array.isArray((result as unknown[])[0]);

const rowsOf = (result: unknown): unknown[] => (isPair(result) ? result[0] : (result as unknown[]));
