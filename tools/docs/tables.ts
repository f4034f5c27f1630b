import pg from 'pg';

/** A reference to the primary key of another table. */
export interface ForeignKey {
  columns: string[];
  target: string;
  onDelete: string;
}

/** A primary key or another unique index. */
export interface UniqueKey {
  primary: boolean;
  /** Names of columns, or expressions. */
  columns: string[];
  /** The rows in which it is unique; all of them if there is none. */
  condition: string | null;
}

/** A table as the database has it. */
export interface Table {
  name: string;
  /** Left out of the write-ahead log: a crash empties it. */
  unlogged: boolean;
  columns: { name: string; type: string; nullable: boolean }[];
  foreignKeys: ForeignKey[];
  uniqueKeys: UniqueKey[];
}

const query = `
  SELECT t.relname AS name, t.relpersistence = 'u' AS unlogged,
    (SELECT json_agg(json_build_object(
       'name', c.attname, 'type', format_type(c.atttypid, c.atttypmod), 'nullable', NOT c.attnotnull) ORDER BY c.attnum)
     FROM pg_attribute c WHERE c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped) AS columns,
    (SELECT coalesce(json_agg(json_build_object(
       'columns', (SELECT json_agg(c.attname ORDER BY array_position(k.conkey, c.attnum))
                   FROM pg_attribute c WHERE c.attrelid = t.oid AND c.attnum = ANY (k.conkey)),
       'target', k.confrelid::regclass::text,
       'onDelete', CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
                   WHEN 'n' THEN 'set null' ELSE 'set default' END) ORDER BY k.conname), '[]')
     FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f') AS "foreignKeys",
    (SELECT coalesce(json_agg(json_build_object(
       'primary', i.indisprimary,
       'columns', (SELECT json_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n)
                   FROM generate_series(1, i.indnkeyatts) n),
       'condition', pg_get_expr(i.indpred, i.indrelid)) ORDER BY i.indisprimary DESC, i.indexrelid::regclass::text), '[]')
     FROM pg_index i WHERE i.indrelid = t.oid AND i.indisunique) AS "uniqueKeys"
  FROM pg_class t
  WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
  ORDER BY t.relname`;

/** Reads the tables of a database, by name. */
export async function readTables(url: string): Promise<Table[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<Table>(query);
    return rows;
  } finally {
    await client.end();
  }
}
