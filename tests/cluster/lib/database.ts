import { apply, getJson, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { jobDone } from '../../../tools/lib/workloads.ts';
import type { Request } from './traffic.ts';

/** What the database of an environment answers its superuser. */
export const sql = (namespace: string, database: string, statement: string, seconds = 600): Promise<string> =>
  kubectl(
    [
      ...['exec', '-i', 'postgres-0', '-n', namespace, '-c', 'postgres', '--'],
      ...['psql', '--host=/run/postgresql', '--username=postgres', `--dbname=${database}`],
      ...['--quiet', '--no-psqlrc', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', '--file=-'],
    ],
    { input: statement, seconds },
  ).then((text) => text.trim());

/** Rows that hardly compress, so that backups carry what is asked for. */
export async function fill(namespace: string, megabytes: number): Promise<void> {
  const block = `(SELECT string_agg(md5(random()::text || i), '') FROM generate_series(1, 32) i WHERE n > 0)`;
  await sql(
    namespace,
    'auth',
    `CREATE TABLE ballast AS SELECT n, ${block} AS block FROM generate_series(1, ${megabytes * 960}) n;
     ALTER TABLE ballast OWNER TO auth`,
  );
}

export async function databaseMegabytes(namespace: string): Promise<number> {
  return Number(await sql(namespace, 'postgres', 'SELECT sum(pg_database_size(oid)) / 1048576 FROM pg_database'));
}

/** Runs a CronJob now and returns how long it took, in seconds. */
export async function runJob(namespace: string, cronJob: string, name: string, seconds = 900): Promise<number> {
  const started = Date.now();
  await kubectl(['create', 'job', name, `--from=cronjob/${cronJob}`, '-n', namespace]);
  await until(`job ${name}`, seconds, () => jobDone(namespace, name));
  return (Date.now() - started) / 1000;
}

/** Whether there is a backup in every repository. */
export async function backedUp(namespace: string): Promise<boolean> {
  const [stanza] = JSON.parse(
    await kubectl([
      'exec',
      'postgres-0',
      '-n',
      namespace,
      '-c',
      'postgres',
      '--',
      'pgbackrest',
      'info',
      '--output=json',
    ]),
  ) as { repo: { status: { code: number } }[] }[];
  return stanza?.repo.every(({ status }) => status.code === 0) ?? false;
}

/**
 * Stops the server and takes its files away at once: one that only loses its pod would archive its last words.
 * @returns when, by the clock of the cluster
 */
export async function wipe(namespace: string, claims: string[]): Promise<number> {
  const folders = claims.map((claim) =>
    claim.startsWith('data') ? '/var/lib/postgresql/data' : '/var/lib/pgbackrest',
  );
  const script =
    'kill -STOP -1; date +%s%3N; for folder; do mkdir "$folder/.lost" && mv "$folder"/* "$folder/.lost"; done; true';
  const command = ['bash', '-c', script, 'wipe', ...folders];
  return Number(await kubectl(['exec', 'postgres-0', '-n', namespace, '-c', 'postgres', '--', ...command]));
}

/** Destroys volumes of the database and the pod that uses them; returns when. */
export async function destroy(namespace: string, claims: string[]): Promise<number> {
  const destroyed = await wipe(namespace, claims);
  // the finished pods of jobs hold the claim
  await kubectl(['delete', 'pods', '-l', 'app.kubernetes.io/name=postgres-maintenance', '-n', namespace]);
  await kubectl(['delete', 'pvc', ...claims, '-n', namespace, '--wait=false']);
  await kubectl(['delete', 'pod', 'postgres-0', '-n', namespace, '--grace-period=0', '--force']);
  return destroyed;
}

/** The volume's identity: another one has taken a lost one's place. */
export async function volume(namespace: string, claim: string): Promise<string> {
  const { spec } = await getJson<{ spec: { volumeName: string } }>(['pvc', claim, '-n', namespace]);
  return spec.volumeName;
}

export async function databaseReady(namespace: string): Promise<boolean> {
  const ready = await kubectl([
    ...['get', 'pod', 'postgres-0', '-n', namespace],
    ...['-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.metadata.deletionTimestamp}'],
  ]);
  return ready.trim() === 'True';
}

/** Acknowledged registrations, by when they were answered. */
export const ledger = (requests: Request[]) =>
  requests
    .filter(({ kind, status }) => kind === 'register' && status === 201)
    .map(({ at, ms, subject }) => ({ email: subject, sent: at, answered: at + ms }));

/** Which addresses have an account. */
export async function accounts(namespace: string): Promise<Set<string>> {
  return new Set((await sql(namespace, 'auth', 'SELECT email FROM account')).split('\n'));
}

/** Restores are told how far to go. */
export async function restoreTo(namespace: string, target: string): Promise<void> {
  const metadata = { name: 'postgres-restore', namespace };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { RESTORE_TARGET_TIME: target } });
}
