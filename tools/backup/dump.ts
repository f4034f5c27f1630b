/**
 * The format of a dump: a script for psql with `COPY … FROM stdin;`, rows and `\.` for each table, and the manifest as a comment
 * at the end.
 */
import type { Client } from 'pg';
import { z } from 'zod';
import { migrations, quoted, read, settings, tables } from './tables.ts';

const manifestSchema = z.strictObject({
  format: z.literal(1),
  database: z.string(),
  /** When the snapshot was taken. */
  taken_at: z.iso.datetime(),
  server_version: z.string(),
  migrations: z.array(z.string()),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()),
      order: z.array(z.string()),
      rows: z.int(),
      sha256: z.hex(),
    }),
  ),
});

/** The contents of a dump. */
export type Manifest = z.infer<typeof manifestSchema>;

const manifestMark = '-- manifest ';
const endOfRows = Buffer.from('\\.\n');

/** Dumps all tables from one snapshot. Does not block writers. */
export async function* dump(client: Client, done: (manifest: Manifest) => void): AsyncGenerator<Buffer> {
  await client.query(`${settings} BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY`);
  const { rows: about } = await client.query<{ database: string; taken_at: Date; server_version: string }>(
    `SELECT current_database() AS database, now() AS taken_at, current_setting('server_version') AS server_version`,
  );
  const [{ taken_at, ...rest } = { database: '', taken_at: new Date(), server_version: '' }] = about;
  const manifest: Manifest = {
    format: 1,
    ...rest,
    taken_at: taken_at.toISOString(),
    migrations: await migrations(client),
    tables: [],
  };
  yield Buffer.from(`${settings.trim()}\nBEGIN;\n`);
  for (const table of await tables(client)) {
    yield Buffer.from(`COPY ${client.escapeIdentifier(table.name)} (${quoted(client, table.columns)}) FROM stdin;\n`);
    const rows = read(client, table);
    yield* rows.chunks;
    yield endOfRows;
    manifest.tables.push({ ...table, ...rows.content() });
  }
  await client.query('COMMIT');
  yield Buffer.from(`COMMIT;\n${manifestMark}${JSON.stringify(manifest)}\n`);
  done(manifest);
}

/**
 * Parses a dump. Passes each table's rows to `onTable`, which must read them to their end.
 * @returns the manifest
 * @throws Error if the text is not a dump, or is truncated
 */
export async function parse(
  text: AsyncIterable<Buffer>,
  onTable: (name: string, rows: AsyncIterable<Buffer>) => Promise<void>,
): Promise<Manifest> {
  const source = text[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.alloc(0);
  const more = async () => {
    const next = await source.next();
    if (next.done === true) {
      throw new Error('The dump is truncated.');
    }
    buffer = Buffer.concat([buffer, next.value]);
  };
  const line = async () => {
    while (!buffer.includes(10)) {
      await more();
    }
    const end = buffer.indexOf(10);
    const text = buffer.toString('utf8', 0, end);
    buffer = buffer.subarray(end + 1);
    return text;
  };
  async function* rows(): AsyncGenerator<Buffer> {
    while (buffer.length < endOfRows.length) {
      await more();
    }
    if (!buffer.subarray(0, endOfRows.length).equals(endOfRows)) {
      let end: number;
      while ((end = buffer.indexOf('\n\\.\n')) === -1) {
        // all but the last bytes, which may be the start of the end marker
        const safe = Math.max(0, buffer.length - endOfRows.length);
        yield buffer.subarray(0, safe);
        buffer = buffer.subarray(safe);
        await more();
      }
      yield buffer.subarray(0, end + 1);
      buffer = buffer.subarray(end + 1);
    }
    buffer = buffer.subarray(endOfRows.length);
  }
  for (;;) {
    const text = await line();
    if (text.startsWith(manifestMark)) {
      // read to the end of the file, so that all of it is authenticated
      if (buffer.length > 0 || (await source.next()).done !== true) {
        throw new Error('The dump continues after its manifest.');
      }
      return manifestSchema.parse(JSON.parse(text.slice(manifestMark.length)));
    }
    const name = /^COPY "?([^" ]+)"? \(.*\) FROM stdin;$/.exec(text)?.[1];
    if (name !== undefined) {
      await onTable(name, rows());
    }
  }
}
