import { fail } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';

/** Whether the drill's environment has a database cluster instead of a single pod. */
export const isCluster = Boolean(process.env['CLUSTER']);

/** The pods of the database's cluster. */
export const members = ['postgres-0', 'postgres-1', 'postgres-2'];

/** A member of the database's cluster, as `patronictl list` prints it. */
interface Member {
  Member: string;
  Role: 'Leader' | 'Replica' | 'Sync Standby';
  State: string;
}

/** Runs a command in a member's pod, in the container of the server. */
export const inMember = (namespace: string, pod: string, command: string[]): Promise<string> =>
  kubectl(['exec', pod, '-n', namespace, '-c', 'postgres', '--', ...command], { seconds: 60 });

/** The member that holds the leader's lock. */
export const leader = (namespace: string): Promise<string> =>
  kubectl(['get', 'endpoints', 'postgres', '-n', namespace, '-o', 'jsonpath={.metadata.annotations.leader}']);

/** The members, as the leader knows them. */
const list = async (namespace: string): Promise<Member[]> =>
  JSON.parse(await inMember(namespace, await leader(namespace), ['patronictl', 'list', '--format=json'])) as Member[];

/** The replica that has every acknowledged write. */
export const synchronousReplica = async (namespace: string): Promise<string> =>
  (await list(namespace)).find(({ Role }) => Role === 'Sync Standby')?.Member ?? fail('no replica is synchronous');

/** Whether a member may be promoted, since it has every acknowledged write. */
const isSynchronous = async (namespace: string, member: string): Promise<boolean> =>
  (await list(namespace)).some(({ Member, Role }) => Member === member && Role === 'Sync Standby');

/** Whether one member leads and the others stream from it, one of them synchronously. */
export async function replicated(namespace: string): Promise<boolean> {
  const listed = await list(namespace);
  const count = (role: string, state: string) =>
    listed.filter(({ Role, State }) => Role === role && State === state).length;
  return (
    count('Leader', 'running') === 1 && count('Sync Standby', 'streaming') === 1 && count('Replica', 'streaming') === 1
  );
}

/** Moves the lead away from a member as planned. */
export const switchOver = (namespace: string, from: string, ...options: string[]): Promise<string> =>
  inMember(namespace, from, ['patronictl', 'switchover', '--leader', from, ...options, '--force', 'postgres']);

/** Lets `postgres-0` lead, with the steps of docs/operations/database-cluster.md. Only a synchronous replica may lead. */
export async function leadFirst(namespace: string): Promise<void> {
  const before = await leader(namespace);
  const synchronous = (count: string) =>
    inMember(namespace, before, ['patronictl', 'edit-config', '--force', '-s', `synchronous_node_count=${count}`]);
  if (before !== 'postgres-0') {
    await synchronous('2');
    await until('postgres-0 to be synchronous', 60, () => isSynchronous(namespace, 'postgres-0'));
    await switchOver(namespace, before, '--candidate', 'postgres-0');
    await until('postgres-0 to lead', 60, async () => (await leader(namespace)) === 'postgres-0');
    await synchronous('null');
  }
}

/** Asks all members again and again whether they can be written to. `stop` says how many of them could at the same time, at most. */
export function watchWriters(namespace: string): { stop: () => Promise<number> } {
  const query = ['psql', '-h', '/run/postgresql', '-U', 'postgres', '-Atc', 'SELECT pg_is_in_recovery()'];
  let most = 0;
  let isOver = false;
  const watch = async () => {
    while (!isOver) {
      const answers = members.map((pod) => inMember(namespace, pod, ['timeout', '2', ...query]).catch(() => ''));
      most = Math.max(most, (await Promise.all(answers)).filter((answer) => answer.trim() === 'f').length);
      await sleep(500);
    }
  };
  const watched = watch();
  return {
    async stop() {
      isOver = true;
      await watched;
      return most;
    },
  };
}
