/** Files that are compressed by zstd (RFC 8878) and encrypted by age (age-encryption.org/v1) with a passphrase. */
import { Decrypter, Encrypter } from 'age-encryption';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';

const leastCharacters = 16;

/**
 * The passphrase from `BACKUP_PASSPHRASE` or the file that `BACKUP_PASSPHRASE_FILE` names.
 * @throws Error where there is none, or a short one
 */
export async function passphrase(environment: NodeJS.ProcessEnv): Promise<string> {
  const { BACKUP_PASSPHRASE: value, BACKUP_PASSPHRASE_FILE: file } = environment;
  const phrase = (file ? await readFile(file, 'utf8') : (value ?? '')).trim();
  if (phrase.length < leastCharacters) {
    throw new Error(
      `Set BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE, with at least ${leastCharacters} characters; keep it apart from the backups.`,
    );
  }
  return phrase;
}

/** Writes a new file, readable by its owner alone. */
export async function seal(content: AsyncIterable<Buffer>, phrase: string, path: string): Promise<void> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(phrase);
  const compressed = createZstdCompress();
  const encrypted = await encrypter.encrypt(Readable.toWeb(compressed));
  await Promise.all([
    pipeline(Readable.from(content, { objectMode: false }), compressed),
    pipeline(Readable.fromWeb(encrypted as ReadableStream), createWriteStream(path, { mode: 0o600, flags: 'wx' })),
  ]);
}

/**
 * The content of a sealed file, authenticated chunk by chunk.
 * @throws Error for another passphrase, and where the file is damaged, cut off or no such file
 */
export async function* unseal(path: string, phrase: string): AsyncGenerator<Buffer> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(phrase);
  try {
    const decrypted = await decrypter.decrypt(
      Readable.toWeb(createReadStream(path)) as globalThis.ReadableStream<Uint8Array>,
    );
    yield* Readable.fromWeb(decrypted as ReadableStream).compose(createZstdDecompress()) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Error(`${path} can't be read: it is damaged, no backup, or sealed with another passphrase.`, {
      cause: error,
    });
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
