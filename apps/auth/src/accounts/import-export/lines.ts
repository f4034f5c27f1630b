const newline = 0x0a;

/** One line of a file. */
export interface Line {
  /** Without the newline; undefined if the line is too long. */
  bytes: Buffer | undefined;
  /** Bytes of the line in the file, with its newline. */
  size: number;
}

/**
 * Splits a stream into lines with bounded memory, however long the lines are.
 * @param maxBytes of a line; longer ones are skipped
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    length += part.length;
    parts = length <= maxBytes ? [...parts, part] : [];
  };
  const take = (newlineBytes: number): Line => {
    const line = { bytes: length <= maxBytes ? Buffer.concat(parts) : undefined, size: length + newlineBytes };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
      add(chunk.subarray(from, to));
      yield take(1);
      from = to + 1;
    }
    add(chunk.subarray(from));
  }
  if (length > 0) {
    yield take(0);
  }
}
