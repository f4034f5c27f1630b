import type { Import } from '#client';
import { api, orThrow, ProblemError } from '../../api.ts';
import { partsOf, type Part } from './parts.ts';

/** How often a part is sent whose response does not arrive, and the time in between. */
const maxAttempts = 4;
const pauseMs = 2000;

/** Whether an error repeats: the service, or a gateway before it, may only have been busy or away. */
const isFinal = (error: unknown): boolean =>
  error instanceof ProblemError &&
  error.status < 500 &&
  ![408, 429].includes(error.status) &&
  error.code !== 'import_moved';

/** Begins an import, or a dry run of one. */
export const start = (dryRun: boolean): Promise<Import> =>
  orThrow(api.POST('/auth/admin/imports', { body: { dry_run: dryRun } }));

const get = (id: string): Promise<Import> => orThrow(api.GET('/auth/admin/imports/{id}', { params: { path: { id } } }));

export const stop = (id: string): Promise<unknown> =>
  orThrow(api.DELETE('/auth/admin/imports/{id}', { params: { path: { id } } }));

interface Sending {
  signal: AbortSignal;
  /** @param share of the file that is read, from 0 to 1 */
  onProgress: (run: Import, share: number) => void;
}

/** Sends a file part by part, and ends the import: finished, or stopped if it fails or is aborted. */
export async function send(file: File, started: Import, { signal, onProgress }: Sending): Promise<Import> {
  const { id } = started;
  let run = started;
  try {
    for await (const part of partsOf(file)) {
      if (signal.aborted) {
        break;
      }
      run = await sendPart(run, part);
      onProgress(run, part.read / file.size);
    }
    if (!signal.aborted) {
      return await orThrow(api.POST('/auth/admin/imports/{id}/finish', { params: { path: { id } } }));
    }
  } catch (error) {
    await stop(id).catch(() => undefined);
    throw error;
  }
  // another admin may have stopped it meanwhile
  await stop(id).catch(() => undefined);
  return get(id);
}

/** Sends a part until the import has its lines: a response may be lost after they were imported. */
async function sendPart(run: Import, { body, lines }: Part, attempt = 1): Promise<Import> {
  try {
    return await orThrow(
      api.POST('/auth/admin/imports/{id}/lines', {
        params: { path: { id: run.id }, query: { after: run.lines } },
        headers: { 'content-type': 'application/x-ndjson' },
        body: '',
        bodySerializer: () => body,
      }),
    );
  } catch (error) {
    if (isFinal(error) || attempt === maxAttempts) {
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const now = await get(run.id);
    if (now.lines === run.lines + lines) {
      return now;
    }
    return sendPart(now.lines === run.lines ? now : run, { body, lines, read: 0 }, attempt + 1);
  }
}
