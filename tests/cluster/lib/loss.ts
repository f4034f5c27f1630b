import { type Drill, type Row } from '../../../tools/lib/drill.ts';
import { accounts, ledger } from './database.ts';
import { type Request, failures, summary } from './traffic.ts';

interface Loss {
  /** Where the database is now. */
  namespace: string;
  destroyed: number;
  /** For how many seconds traffic flowed before. */
  before: number;
  requests: Request[];
}

/**
 * Compares what was acknowledged with what is there: prints and checks RTO, RPO and the rows lost.
 * @returns what was asked once writes had succeeded again for 10 s
 */
export async function judgeLoss(
  { namespace, destroyed, before, requests: all }: Loss,
  { table, check }: Pick<Drill, 'table' | 'check'>,
  row: Row,
): Promise<Request[]> {
  const requests = all.filter(({ kind }) => kind !== 'setup');
  const writes = ledger(requests);
  const acknowledged = writes.filter(({ answered }) => answered <= destroyed);
  const there = await accounts(namespace);
  const lost = acknowledged.filter(({ email }) => !there.has(email));
  const after = writes.filter(({ sent }) => sent > destroyed + 1000);
  const lostAfter = after.filter(({ email }) => !there.has(email));
  const back = Math.min(...after.map(({ answered }) => answered));
  const rto = (back - destroyed) / 1000;
  const rpo = lost.length === 0 ? 0 : (destroyed - Math.min(...lost.map(({ answered }) => answered))) / 1000;
  const phase = (title: string, from: number, to: number) =>
    summary(
      title,
      requests.filter(({ at }) => at >= from && at < to),
    );
  table([phase('before', 0, destroyed), phase('lost and restored', destroyed, back), phase('after', back, Infinity)]);
  const later = requests.filter(({ at }) => at > back + 10_000);
  const wrong = failures(later);
  if (wrong.length > 0) {
    table(wrong);
  }
  table([
    {
      ...row,
      'RTO s': rto.toFixed(1),
      'RPO s': rpo.toFixed(1),
      acknowledged: acknowledged.length,
      'rows lost': lost.length,
    },
  ]);
  check('writes were acknowledged for a minute before', acknowledged.length > before);
  check('writes succeed again within 30 minutes (RTO)', rto < 1800);
  check('what is lost was acknowledged in the last 75 s (RPO 1 hour, archive_timeout 60 s)', rpo < 75);
  check('most was archived', lost.length < acknowledged.length * 0.8);
  check('nothing acknowledged after the restore is missing', after.length > 0 && lostAfter.length === 0);
  return later;
}

/** Whether all requests of a kind that came later were served. */
export function serves(later: Request[], kind: string): boolean {
  const asked = later.filter((request) => request.kind === kind);
  return asked.length > 10 && asked.every(({ status }) => status === 200);
}
