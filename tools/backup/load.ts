/** Restores a dump: all of it is verified before the database is touched, and again before anything counts. */
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { parse, type Manifest } from './dump.ts';
import { contentOf, measured, migrations, quoted, read, settings, tables, type Content } from './tables.ts';

/** Why a dump is not restored. The database is as it was. */
export class RefusedError extends Error {}

/**
 * Reads a dump to its end and compares it with its own manifest.
 * @throws RefusedError where they differ
 */
export async function verify(text: AsyncIterable<Buffer>): Promise<Manifest> {
  const found = new Map<string, Content>();
  const manifest = await parse(text, async (name, rows) => {
    found.set(name, await contentOf(measured(rows)));
  });
  compare(manifest, found);
  return manifest;
}

function compare({ tables: expected }: Manifest, found: Map<string, Content>): void {
  for (const { name, rows, sha256 } of expected) {
    const content = found.get(name);
    if (content?.rows !== rows || content.sha256 !== sha256) {
      throw new RefusedError(
        `${name} does not match the manifest: ${content?.rows ?? 0} rows of ${rows}, or other content than was dumped.`,
      );
    }
  }
}

/**
 * Loads a verified dump in one transaction, and compares what the database then holds with the manifest.
 * @param replace whether rows that are there may be removed
 * @throws RefusedError where the schema is another one, or rows are there that may not be removed
 */
export async function load(
  client: Client,
  manifest: Manifest,
  text: AsyncIterable<Buffer>,
  replace: boolean,
): Promise<void> {
  const applied = await migrations(client);
  if (applied.join() !== manifest.migrations.join()) {
    throw new RefusedError(
      `The dump was made at the migration ${manifest.migrations.at(-1) ?? '(none)'}, the database is at ${applied.at(-1) ?? '(none)'}: use the release that made it, then migrate.`,
    );
  }
  await client.query(`${settings} BEGIN`);
  try {
    const there = await tables(client);
    const names = quoted(
      client,
      there.map(({ name }) => name),
    );
    await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
    for (const table of there) {
      const name = client.escapeIdentifier(table.name);
      const { rowCount } = await client.query(`SELECT FROM ${name} LIMIT 1`);
      if (rowCount !== 0 && !replace) {
        throw new RefusedError(
          `The database is not empty: ${table.name} has rows. REPLACE=1 replaces all that is there.`,
        );
      }
      // rows are taken as they were, without what inserting them sets off
      await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
    }
    await client.query(`TRUNCATE ${names}`);
    await parse(text, async (name, rows) => {
      const columns = manifest.tables.find((table) => table.name === name)?.columns ?? [];
      const copy = `COPY ${client.escapeIdentifier(name)} (${quoted(client, columns)}) FROM STDIN`;
      await pipeline(rows, client.query(copyFrom(copy)));
    });
    const found = new Map<string, Content>();
    for (const table of manifest.tables) {
      found.set(table.name, await contentOf(read(client, table)));
    }
    compare(manifest, found);
    for (const { name } of there) {
      await client.query(`ALTER TABLE ${client.escapeIdentifier(name)} ENABLE TRIGGER USER`);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
