import type { AdminAccount } from '#client';
import { api, needsProof, orThrow } from '../../api.ts';

/** How many calls of a bulk act run at the same time. */
const maxCalls = 4;

/** What an admin does to several people: the call for each. */
export const bulkCalls = {
  disable: ({ id }: AdminAccount) =>
    orThrow(api.POST('/auth/admin/accounts/{id}/disable', { params: { path: { id } } })),
  endSessions: ({ id }: AdminAccount) =>
    orThrow(api.DELETE('/auth/admin/accounts/{id}/sessions', { params: { path: { id } } })),
};

export type BulkCall = (account: AdminAccount) => Promise<unknown>;

export interface BulkResult {
  failed: { account: AdminAccount; error: unknown }[];
  /** Accounts that it did not come to. */
  remaining: AdminAccount[];
  /** The answer that it stopped at, if the service asks for a proof of who acts: it would of each account. */
  proof?: unknown;
}

/** Runs a call for each account, some at the same time, until it is done or stopped. */
export async function runBulk(
  accounts: readonly AdminAccount[],
  call: BulkCall,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number) => void },
): Promise<BulkResult> {
  const remaining = [...accounts];
  const result: BulkResult = { failed: [], remaining };
  let done = 0;
  const next = () => (signal.aborted || result.proof !== undefined ? undefined : remaining.shift());
  const work = async () => {
    for (let account = next(); account; account = next()) {
      try {
        await call(account);
      } catch (error) {
        if (needsProof(error)) {
          result.proof = error;
          remaining.push(account);
          return;
        }
        result.failed.push({ account, error });
      }
      onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: maxCalls }, work));
  return result;
}
