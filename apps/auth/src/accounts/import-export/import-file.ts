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

const batchLines = 500;
const maxLineBytes = 16 * 1024;

/**
 * Reads the rest of a file in batches.
 * @param from bytes and lines of the file that are read already
 * @param maxMemoryKib memory that the check of an imported hash may take
 */
export async function* readBatches(
  file: FileHandle,
  from: { bytes: number; lines: number },
  maxMemoryKib: number,
): AsyncGenerator<Batch> {
  let batch: Batch = { lines: [], count: 0, bytes: 0 };
  let line = from.lines;
  const chunks = file.createReadStream({ start: from.bytes, autoClose: false });
  for await (const { bytes, size } of splitLines(chunks as AsyncIterable<Buffer>, maxLineBytes)) {
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

/** The SHA-256 of a file. */
export async function digestOf(file: FileHandle): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest();
}
