/** Storage of dumps: a folder, and optionally an S3 bucket. */
import { AwsClient } from 'aws4fetch';
import { openAsBlob } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

const keepDays = 30;
export const extension = '.dump.age';

/**
 * Removes dumps older than 30 days and their manifests, but never the newest dump.
 * @returns the names of the removed dumps
 */
export async function prune(folder: string, now = Date.now()): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(extension)).sort();
  const removed: string[] = [];
  for (const name of names.slice(0, -1)) {
    const { mtimeMs } = await stat(join(folder, name));
    if (mtimeMs < now - keepDays * 86_400_000) {
      await rm(join(folder, name));
      await rm(join(folder, `${name}.json`), { force: true });
      removed.push(name);
    }
  }
  return removed;
}

/**
 * Uploads files to `BACKUP_S3_URL` (https://HOST/BUCKET/PREFIX) with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
 * @throws Error if an upload fails
 */
export async function upload(files: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const {
    BACKUP_S3_URL: target = '',
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  } = environment;
  const region = environment['AWS_REGION'] ?? 'us-east-1';
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region });
  for (const file of files) {
    const url = `${target.replace(/\/$/, '')}/${basename(file)}`;
    const response = await client.fetch(url, { method: 'PUT', body: await openAsBlob(file) });
    if (!response.ok) {
      throw new Error(`${url}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    }
  }
}
