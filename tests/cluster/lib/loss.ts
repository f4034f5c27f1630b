import { type Drill, type Row } from '../../../tools/lib/drill.ts';
import { accounts, ledger } from './database.ts';
import { until } from '../../../tools/lib/until.ts';
import { type Request, type RunningTraffic, failures, summary } from './traffic.ts';

interface Loss {
  /** Namespace of the recovered database. */
  namespace: string;
  destroyed: number;
  traffic: RunningTraffic;
}

/** Seconds of traffic before a loss: an archive timeout, which is a minute, and some. */
export const secondsBeforeLoss = 100;

/**
 * Ends the traffic once writes have succeeded for half a minute. Compares acknowledged writes with the rows of the recovered database.
 * Prints and checks RTO, RPO and the number of lost rows.
 * @returns the requests sent more than 10 s after writes succeeded again
 */
export async function reportLoss(
  { namespace, destroyed, traffic }: Loss,
  { table, check }: Pick<Drill, 'table' | 'check'>,
  row: Row,
): Promise<Request[]> {
  const isWrite = ({ at, kind, status }: Request) => at > destroyed + 1000 && kind === 'register' && status === 201;
  const isBack = async () => Date.now() > ((await traffic.requests()).find(isWrite)?.at ?? Infinity) + 30_000;
  await until('writes to succeed for half a minute', 600, isBack, 2000);
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
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
  table([phase('before', 0, destroyed), phase('lost and recovering', destroyed, back), phase('after', back, Infinity)]);
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
  check('writes were acknowledged before the loss', acknowledged.length > secondsBeforeLoss / 3);
  check('writes succeed again within 30 minutes (RTO)', rto < 1800);
  check('only writes of the last 80 s are lost (RPO 1 hour, archive_timeout 60 s)', rpo < 80);
  check('less than 85 % of the acknowledged writes are lost', lost.length < acknowledged.length * 0.85);
  check('every write acknowledged after the recovery is present', after.length > 0 && lostAfter.length === 0);
  return later;
}

/** The longest time without an acknowledged write, in seconds, from a moment on. Times are in ms. */
export function secondsWithoutWrites(from: number, answered: number[]): string {
  const times = [from, ...answered.filter((time) => time >= from).sort((a, b) => a - b)];
  return (Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time))) / 1000).toFixed(1);
}

/** Whether all later requests of a kind succeeded. */
export function serves(later: Request[], kind: string): boolean {
  const sent = later.filter((request) => request.kind === kind);
  return sent.length > 10 && sent.every(({ status }) => status === 200);
}
