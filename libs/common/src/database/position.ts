import { sql, type Sql } from './sql.ts';

/** A row's position in the order of a time and an id, as text that {@link positionValue} reads. */
export const positionOf = (time: string, id: string): Sql =>
  sql.raw(`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ',' || ${id}`);

/** A position as a value that a row's time and id are compared with. */
export function positionValue(position: string): Sql {
  const [time, id] = position.split(',');
  return sql`(${time}::timestamptz, ${id}::uuid)`;
}
