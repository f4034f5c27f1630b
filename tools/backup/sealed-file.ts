/** Files compressed with zstd (RFC 8878) and encrypted with age (age-encryption.org/v1) and a passphrase. */
import { Decrypter, Encrypter } from 'age-encryption';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';

const minCharacters = 16;

/**
 * Reads the passphrase from `BACKUP_PASSPHRASE` or the file that `BACKUP_PASSPHRASE_FILE` names.
 * @throws Error if it is missing or too short
 */
export async function passphrase(environment: NodeJS.ProcessEnv): Promise<string> {
  const { BACKUP_PASSPHRASE: value, BACKUP_PASSPHRASE_FILE: file } = environment;
  const phrase = (file ? await readFile(file, 'utf8') : (value ?? '')).trim();
  if (phrase.length < minCharacters) {
    throw new Error(
      `Set BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE, with at least ${minCharacters} characters, and store it apart from the backups.`,
    );
  }
  return phrase;
}

/** Writes a new file that only its owner can read. */
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
 * Reads a sealed file, authenticating each chunk.
 * @throws Error if the passphrase is wrong, or if the file is damaged, truncated or not a sealed file
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
    throw new Error(`${path} can't be read: it is damaged, not a backup, or encrypted with another passphrase.`, {
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
