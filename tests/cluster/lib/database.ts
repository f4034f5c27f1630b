import { apply, getJson, kubectl } from '../../../tools/lib/kubectl.ts';
import { until } from '../../../tools/lib/until.ts';
import { jobDone } from '../../../tools/lib/workloads.ts';
import { isCluster, leader, members, replicated } from './members.ts';
import type { Request } from './traffic.ts';

/** The claims of the data. */
export const dataClaims = isCluster ? members.map((member) => `data-${member}`) : ['data-postgres-0'];
/** The claim of the backups. */
export const backupsClaim = 'backups-postgres-0';

/** The pod that uses a claim, its container, and the claim's folder there. */
function placeOf(claim: string): { pod: string; container: string; folder: string } {
  if (claim !== backupsClaim) {
    return { pod: claim.replace('data-', ''), container: 'postgres', folder: '/var/lib/postgresql/data' };
  }
  const [pod, container] = isCluster ? ['postgres-repository-0', 'pgbackrest'] : ['postgres-0', 'postgres'];
  return { pod, container, folder: '/var/lib/pgbackrest' };
}

/** Runs a command where the backups are. */
export const inRepository = (namespace: string, command: string[], seconds = 60): Promise<string> => {
  const { pod, container } = placeOf(backupsClaim);
  return kubectl(['exec', pod, '-n', namespace, '-c', container, '--', ...command], { seconds });
};

/** Runs SQL as the superuser, on the leader of a cluster, and returns the output. */
export const sql = async (
  namespace: string,
  database: string,
  statement: string,
  { seconds = 600 }: { seconds?: number } = {},
): Promise<string> =>
  kubectl(
    [
      ...['exec', '-i', isCluster ? await leader(namespace) : 'postgres-0', '-n', namespace, '-c', 'postgres', '--'],
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
  // from a cluster's repository, the leader is reached by the network
  const connection = isCluster ? [] : ['--pg1-socket-path=/run/postgresql', '--pg1-user=postgres'];
  const password = '[ ! -e /etc/maintenance ] || export PGPASSWORD=$(cat /etc/maintenance/password)';
  const command = ['bash', '-c', `${password}; exec pgbackrest backup "$@"`, 'backup', ...options, ...connection];
  await inRepository(namespace, command, 300);
}

/**
 * Freezes the processes that use these claims and removes the files, so that no server can archive its last WAL as it does when only its
 * pod is deleted.
 * @returns the time by the cluster's clock, in ms
 */
export async function wipe(namespace: string, claims: string[]): Promise<number> {
  const places = Map.groupBy(claims.map(placeOf), ({ pod }) => pod);
  const script =
    'kill -STOP -1; date +%s%3N; for folder; do mkdir "$folder/.lost" && mv "$folder"/* "$folder/.lost"; done; true';
  const times = await Promise.all(
    [...places].map(([pod, [first, ...more]]) => {
      const folders = [first, ...more].flatMap((place) => place?.folder ?? []);
      const command = ['bash', '-c', script, 'wipe', ...folders];
      return kubectl(['exec', pod, '-n', namespace, '-c', first?.container ?? '', '--', ...command]);
    }),
  );
  return Math.min(...times.map(Number));
}

/** Destroys volumes of the database and the pods that use them. Returns the time in ms. */
export async function destroy(namespace: string, claims: string[]): Promise<number> {
  const destroyed = await wipe(namespace, claims);
  // finished pods of Jobs keep the claim in use
  await kubectl(['delete', 'pods', '-l', 'app.kubernetes.io/name=postgres-maintenance', '-n', namespace]);
  await kubectl(['delete', 'pvc', ...claims, '-n', namespace, '--wait=false']);
  const pods = new Set(claims.map((claim) => placeOf(claim).pod));
  await kubectl(['delete', 'pods', ...pods, '-n', namespace, '--grace-period=0', '--force']);
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
export async function accounts(namespace: string): Promise<Set<string>> {
  return new Set((await sql(namespace, 'auth', 'SELECT email FROM account')).split('\n'));
}

/** The time of the database's server, as a target of restores. */
export const databaseTime = (namespace: string): Promise<string> =>
  sql(namespace, 'postgres', `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')`);

/** Sets how many pods the database has, and waits until the others are gone. */
export async function scaleDatabase(namespace: string, replicas: number): Promise<void> {
  const gone = dataClaims.slice(replicas).map((claim) => `pod/${placeOf(claim).pod}`);
  await kubectl(['scale', 'statefulset/postgres', `--replicas=${replicas}`, '-n', namespace]);
  if (gone.length > 0) {
    await kubectl(['wait', '--for=delete', ...gone, '-n', namespace, '--timeout=300s'], { seconds: 310 });
  }
}

/** Deletes the state of a cluster whose members are gone, so that the first one makes another. */
export async function forgetState(namespace: string): Promise<void> {
  if (isCluster) {
    const state = ['postgres', 'postgres-config', 'postgres-sync', 'postgres-failover'];
    await kubectl(['delete', 'endpoints', ...state, '-n', namespace, '--ignore-not-found']);
  }
}

/**
 * Restores the database to a point in time, or to the end of its archive, with the steps of docs/operations/backups.md, or of
 * docs/operations/database-cluster.md. Returns the duration in seconds.
 * @param start begins the restore, once the volumes are gone
 */
export async function restoreTo(
  namespace: string,
  target?: string,
  start: () => Promise<unknown> = () => scaleDatabase(namespace, dataClaims.length),
): Promise<number> {
  const started = Date.now();
  const metadata = { name: 'postgres-restore', namespace };
  if (target) {
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { RESTORE_TARGET_TIME: target } });
  }
  // a clean shutdown archives the last WAL
  await scaleDatabase(namespace, 0);
  await kubectl(['delete', 'pvc', ...dataClaims, '-n', namespace, '--timeout=300s'], { seconds: 310 });
  await forgetState(namespace);
  await start();
  await until('database restored', 900, () => databaseReady(namespace));
  const seconds = (Date.now() - started) / 1000;
  await until('three members', 300, async () => !isCluster || replicated(namespace));
  await kubectl(['delete', 'configmap', 'postgres-restore', '-n', namespace, '--ignore-not-found']);
  return seconds;
}
