/** What one request carries: whole lines of the file. */
export interface Part {
  body: Blob;
  lines: number;
  /** Bytes of the file that are read so far. */
  read: number;
}

const newline = 0x0a;
const newlineBytes = Uint8Array.of(newline);
/** The limits of a request. */
const maxLines = 500;
const maxBytes = 1024 * 1024;
/** One byte more than a line may have: what is longer is cut, and still refused. */
const maxLineBytes = 16 * 1024 + 1;

/** Splits a file into parts that a request may carry, with bounded memory. */
export async function* partsOf(file: Blob): AsyncGenerator<Part> {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let [bytes, lines, read, lineBytes] = [0, 0, 0, 0];
  const add = (piece: Uint8Array<ArrayBuffer>) => {
    const kept = piece.slice(0, maxLineBytes - lineBytes);
    lineBytes += kept.length;
    bytes += kept.length;
    pieces.push(kept);
  };
  const endLine = () => {
    pieces.push(newlineBytes);
    bytes += 1;
    lines += 1;
    lineBytes = 0;
  };
  const take = (): Part => {
    const part = { body: new Blob(pieces), lines, read };
    [pieces, bytes, lines] = [[], 0, 0];
    return part;
  };
  const reader = file.stream().getReader();
  for (let { done, value } = await reader.read(); !done && value; { done, value } = await reader.read()) {
    let from = 0;
    for (let to = value.indexOf(newline); to !== -1; to = value.indexOf(newline, from)) {
      add(value.subarray(from, to));
      endLine();
      read += to + 1 - from;
      from = to + 1;
      if (lines === maxLines || bytes + maxLineBytes >= maxBytes) {
        yield take();
      }
    }
    if (from < value.length) {
      add(value.subarray(from));
      read += value.length - from;
    }
  }
  // the last line may have no newline
  if (pieces.length > 0 && pieces.at(-1) !== newlineBytes) {
    endLine();
  }
  if (lines > 0) {
    yield take();
  }
}
