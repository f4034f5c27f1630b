/** Restores a dump. Verifies it before it changes the database, and verifies the database before it commits. */
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { parse, type Manifest } from './dump.ts';
import { contentOf, measured, migrations, quoted, read, settings, tables, type Content } from './tables.ts';

/** Why a dump was not restored. The database is unchanged. */
export class RestoreError extends Error {}

/**
 * Reads a whole dump and compares it with its own manifest.
 * @throws RestoreError if they differ
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
      throw new RestoreError(
        `${name} does not match the manifest: ${content?.rows ?? 0} of ${rows} rows, or different content.`,
      );
    }
  }
}

/**
 * Loads a verified dump in one transaction, and compares the loaded rows with the manifest.
 * @param replace deletes existing rows
 * @throws RestoreError if the schema differs, or if the database has rows and `replace` is false
 */
export async function load(
  client: Client,
  manifest: Manifest,
  text: AsyncIterable<Buffer>,
  replace: boolean,
): Promise<void> {
  const applied = await migrations(client);
  if (applied.join() !== manifest.migrations.join()) {
    throw new RestoreError(
      `The dump is at migration ${manifest.migrations.at(-1) ?? '(none)'}, the database at ${applied.at(-1) ?? '(none)'}: restore with the release that made the dump, then migrate.`,
    );
  }
  await client.query(`${settings} BEGIN`);
  try {
    const existing = await tables(client);
    const names = quoted(
      client,
      existing.map(({ name }) => name),
    );
    await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
    for (const table of existing) {
      const name = client.escapeIdentifier(table.name);
      const { rowCount } = await client.query(`SELECT FROM ${name} LIMIT 1`);
      if (rowCount !== 0 && !replace) {
        throw new RestoreError(`The database is not empty: ${table.name} has rows. REPLACE replaces all rows.`);
      }
      // triggers must not change the restored rows
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
    for (const { name } of existing) {
      await client.query(`ALTER TABLE ${client.escapeIdentifier(name)} ENABLE TRIGGER USER`);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
