import { z } from 'zod';
import type { ImportRun } from './import-jobs.repository.ts';

const time = z.iso.datetime();
const count = z.int().min(0);

/** Lines that a run may have. */
export const maxRunLines = 100_000;
/** Bytes that a request of a run may have. */
export const maxPartBytes = 1024 * 1024;

export const importIdSchema = z.uuid().meta({ description: 'an import’s id' });

export const newImportSchema = z
  .strictObject({
    dry_run: z.boolean().default(false).meta({ description: 'whether to check the lines only, and import nothing' }),
  })
  .meta({ id: 'NewImport', example: { dry_run: true } });

export const importPositionSchema = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(maxRunLines)
    .meta({ description: 'how many lines of the file the import has read before: its `lines`', example: 0 }),
});

export const importSchema = z
  .object({
    id: z.uuid(),
    state: z.enum(['running', 'finished', 'stopped']).meta({
      description: 'an import that no lines have arrived for in two minutes, or that began an hour ago, has stopped',
    }),
    dry_run: z.boolean(),
    lines: count.meta({ description: 'lines of the file that are read, blank ones too' }),
    created: count.meta({
      description:
        'new accounts; in a dry run those that an import would create, where an e-mail address that stands in two parts counts twice',
    }),
    existing: count.meta({ description: 'lines of accounts that existed already, which stay as they are' }),
    refused: count.meta({ description: 'lines that could not be imported' }),
    actor_id: z.uuid().meta({ description: 'the admin who started it' }),
    started_at: time,
    ended_at: time.nullable(),
  })
  .meta({ id: 'Import', description: 'An import of accounts' });

export const importListSchema = z.object({ imports: z.array(importSchema) }).meta({ id: 'ImportList' });

type ImportView = z.output<typeof importSchema>;

export const toImport = (run: ImportRun): ImportView => ({
  id: run.jobId,
  state: run.state,
  dry_run: run.dryRun,
  lines: run.lines,
  created: run.imported,
  existing: run.present,
  refused: run.refused,
  actor_id: run.actorId,
  started_at: run.startedAt.toISOString(),
  ended_at: run.endedAt?.toISOString() ?? null,
});

export const importExample: ImportView = {
  id: '0199f2c4-8d02-7f4b-b1a6-5e3c9d7f2a40',
  state: 'running',
  dry_run: true,
  lines: 500,
  created: 497,
  existing: 2,
  refused: 1,
  actor_id: '0199f2c4-6f0e-7d3a-9c55-2f6d3c1b8a10',
  started_at: '2026-11-25T12:00:00.000Z',
  ended_at: null,
};
