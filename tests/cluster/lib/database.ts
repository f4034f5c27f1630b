import { apply, getJson, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { jobDone } from '../../../tools/lib/workloads.ts';
import type { Request } from './traffic.ts';

/** Runs SQL as the superuser and returns the output. In a cluster, it runs on the leader if `pod` names it. */
export const sql = (
  namespace: string,
  database: string,
  statement: string,
  { seconds = 600, pod = 'postgres-0' }: { seconds?: number; pod?: string } = {},
): Promise<string> =>
  kubectl(
    [
      ...['exec', '-i', pod, '-n', namespace, '-c', 'postgres', '--'],
      ...['psql', '--host=/run/postgresql', '--username=postgres', `--dbname=${database}`],
      ...['--quiet', '--no-psqlrc', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', '--file=-'],
    ],
    { input: statement, seconds },
  ).then((text) => text.trim());

/** Inserts data that hardly compresses, so that backups have the requested size. */
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

/** Runs a CronJob now and returns its duration in seconds. */
export async function runJob(namespace: string, cronJob: string, name: string, seconds = 900): Promise<number> {
  const started = Date.now();
  await kubectl(['create', 'job', name, `--from=cronjob/${cronJob}`, '-n', namespace]);
  await until(`job ${name}`, seconds, () => jobDone(namespace, name));
  return (Date.now() - started) / 1000;
}

/** Whether every repository contains a backup. */
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

/** Makes a full backup in the first repository, and has all older ones there expire. */
export async function backUpAlone(namespace: string): Promise<void> {
  const options = ['--type=full', '--repo=1', '--repo1-retention-full-type=count', '--repo1-retention-full=1'];
  const connection = ['--pg1-socket-path=/run/postgresql', '--pg1-user=postgres'];
  const command = ['pgbackrest', 'backup', ...options, ...connection];
  await kubectl(['exec', 'postgres-0', '-n', namespace, '-c', 'postgres', '--', ...command], { seconds: 300 });
}

/**
 * Freezes the server and removes its files, so that it cannot archive its last WAL as it does when only its pod is deleted.
 * @returns the time by the cluster's clock, in ms
 */
export async function wipe(namespace: string, claims: string[], pod = 'postgres-0'): Promise<number> {
  const folders = claims.map((claim) =>
    claim.startsWith('data') ? '/var/lib/postgresql/data' : '/var/lib/pgbackrest',
  );
  const script =
    'kill -STOP -1; date +%s%3N; for folder; do mkdir "$folder/.lost" && mv "$folder"/* "$folder/.lost"; done; true';
  const command = ['bash', '-c', script, 'wipe', ...folders];
  return Number(await kubectl(['exec', pod, '-n', namespace, '-c', 'postgres', '--', ...command]));
}

/** Destroys volumes of the database and the pod that uses them. Returns the time in ms. */
export async function destroy(namespace: string, claims: string[], pod = 'postgres-0'): Promise<number> {
  const destroyed = await wipe(namespace, claims, pod);
  // finished pods of Jobs keep the claim in use
  await kubectl(['delete', 'pods', '-l', 'app.kubernetes.io/name=postgres-maintenance', '-n', namespace]);
  await kubectl(['delete', 'pvc', ...claims, '-n', namespace, '--wait=false']);
  await kubectl(['delete', 'pod', pod, '-n', namespace, '--grace-period=0', '--force']);
  return destroyed;
}

/** The name of the volume behind a claim. It differs for each volume. */
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

/** Acknowledged registrations, with the times of request and response in ms. */
export const ledger = (requests: Request[]) =>
  requests
    .filter(({ kind, status }) => kind === 'register' && status === 201)
    .map(({ at, ms, subject }) => ({ email: subject, sent: at, answered: at + ms }));

/** The e-mail addresses of all accounts. */
export async function accounts(namespace: string, pod?: string): Promise<Set<string>> {
  return new Set((await sql(namespace, 'auth', 'SELECT email FROM account', pod ? { pod } : {})).split('\n'));
}

/** The time of the database's server, as a target of restores. */
export const databaseTime = (namespace: string): Promise<string> =>
  sql(namespace, 'postgres', `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')`);

/**
 * Restores the database to a point in time, with the steps of docs/operations/backups.md, or to the end of its archive. Returns the
 * duration in seconds.
 */
export async function restoreTo(namespace: string, target?: string): Promise<number> {
  const started = Date.now();
  const lost = await volume(namespace, 'data-postgres-0');
  const metadata = { name: 'postgres-restore', namespace };
  if (target) {
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { RESTORE_TARGET_TIME: target } });
  }
  // a clean shutdown archives the last WAL
  await kubectl(['scale', 'statefulset/postgres', '--replicas=0', '-n', namespace]);
  await kubectl(['wait', '--for=delete', 'pod/postgres-0', '-n', namespace, '--timeout=300s'], { seconds: 310 });
  await kubectl(['delete', 'pvc', 'data-postgres-0', '-n', namespace, '--timeout=300s'], { seconds: 310 });
  await kubectl(['scale', 'statefulset/postgres', '--replicas=1', '-n', namespace]);
  await until(
    'database restored',
    900,
    async () => (await databaseReady(namespace)) && (await volume(namespace, 'data-postgres-0')) !== lost,
  );
  const seconds = (Date.now() - started) / 1000;
  await kubectl(['delete', 'configmap', 'postgres-restore', '-n', namespace, '--ignore-not-found']);
  return seconds;
}
