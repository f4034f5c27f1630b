import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { readLine, type ReadLine } from './import-line.ts';
import { splitLines } from './lines.ts';

export type NumberedLine = ReadLine & { line: number };

/** Lines that are imported in one transaction. */
export interface Batch {
  /** Without blank ones. */
  lines: NumberedLine[];
  /** Lines of the file, blank ones too. */
  count: number;
  bytes: number;
}

export const batchLines = 500;
const maxLineBytes = 16 * 1024;

/**
 * Reads the rest of a file in batches.
 * @param from lines of the file that are read already
 * @param maxMemoryKib memory that the check of an imported hash may take
 */
export async function* readBatches(
  chunks: AsyncIterable<Buffer>,
  from: number,
  maxMemoryKib: number,
): AsyncGenerator<Batch> {
  let batch: Batch = { lines: [], count: 0, bytes: 0 };
  let line = from;
  for await (const { bytes, size } of splitLines(chunks, maxLineBytes)) {
    line += 1;
    batch.count += 1;
    batch.bytes += size;
    if (bytes?.toString('latin1').trim() !== '') {
      batch.lines.push({ ...readLine(bytes, maxMemoryKib), line });
    }
    if (batch.count === batchLines) {
      yield batch;
      batch = { lines: [], count: 0, bytes: 0 };
    }
  }
  if (batch.count > 0) {
    yield batch;
  }
}

/** The bytes of a file from a place on. */
export const chunksOf = (file: FileHandle, start: number): AsyncIterable<Buffer> =>
  file.createReadStream({ start, autoClose: false });

/** The SHA-256 of a file. */
export async function digestOf(file: FileHandle): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(file, 0)) {
    hash.update(chunk);
  }
  return hash.digest();
}
