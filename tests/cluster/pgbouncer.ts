// PgBouncer in front of the database: many clients share 20 connections, and what the service relies on holds through it. Killed under
// traffic, it fails requests with 503 at worst, and the service recovers without help.
import { setTimeout as sleep } from 'node:timers/promises';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { healthy } from '../../tools/lib/workloads.ts';
import { accounts, databaseReady, ledger, sql } from './lib/database.ts';
import { tryConnections } from './lib/connections.ts';
import { deploy, servicePods } from './lib/environment.ts';
import { failures, flows, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

const clients = 1000;
const serverConnections = 20;
const benchSeconds = 15;

await drill('pgbouncer', async ({ own, log, table, check }) => {
  const namespace = await own('drill-pgbouncer');
  const gateway = await own('drill-pgbouncer-gateway');
  await deploy({
    namespace,
    components: ['high-availability', 'pgbouncer'],
    config: { LOGIN_ADDRESS_BURST: '100000', REGISTER_ADDRESS_BURST: '100000' },
  });
  await gatewayNamespace(gateway);

  const inContainer = (container: string, script: string, seconds = 120) =>
    kubectl(['exec', 'postgres-0', '-n', namespace, '-c', container, '--', 'bash', '-c', script], { seconds });
  const inPod = (script: string, seconds?: number) => inContainer('postgres', script, seconds);
  /** A client in the pod of the database, with TLS, by the name of its certificate. */
  const as = (role: string, port: number) =>
    `export PGPASSWORD=$(cat /etc/postgresql/credentials/${role} || echo none) PGUSER=${role} PGDATABASE=auth PGHOST=postgres ` +
    `PGHOSTADDR=127.0.0.1 PGPORT=${port} PGSSLMODE=verify-full PGSSLROOTCERT=/etc/postgresql/tls/ca.crt; `;
  const psql = (role: string, statements: string) =>
    inPod(
      `${as(role, 6432)} psql --no-psqlrc --quiet --tuples-only --no-align <<'SQL' 2>&1 || true\n${statements}\nSQL`,
    ).then((text) => text.trim());
  const bySocket = async () =>
    (
      await sql(
        namespace,
        'postgres',
        "SELECT count(*) FILTER (WHERE client_addr IS NULL), count(*) FROM pg_stat_activity WHERE usename = 'auth'",
      )
    )
      .split('|')
      .map(Number);

  // the service
  const [api = ''] = (
    await kubectl(['get', 'pods', '-n', namespace, '-l', 'app.kubernetes.io/component=api', '-o', 'name'])
  ).split('\n');
  const reached = await tryConnections(api, namespace, ['postgres:6432']);
  check('a pod of the service reaches PgBouncer', reached['postgres:6432'] === 'connected');
  const [shared, all] = await bySocket();
  check(`the service has connections (${all}), and all come from PgBouncer`, Number(shared) > 0 && shared === all);

  // who may log in
  const refused = async (role: string, wanted: RegExp) => wanted.test(await psql(role, 'SELECT 1'));
  check('the second role of the service may log in', (await psql('auth-alternate', 'SELECT current_user')) === 'auth');
  check('roles without a database may not', await refused('monitoring', /password authentication failed|no such user/));
  check('nor may its own role', await refused('pgbouncer', /login rejected/));
  const wrong = await inPod(`${as('auth', 6432)} PGPASSWORD=wrong psql -c 'SELECT 1' 2>&1 || true`);
  check('a wrong password is refused', wrong.includes('authentication failed'));
  const plain = await inPod(`${as('auth', 6432)} PGSSLMODE=disable psql -c 'SELECT 1' 2>&1 || true`);
  check('a connection without TLS is refused', plain.includes('SSL required'));

  // what the service relies on
  check(
    'the timeouts of a connection are those of the service',
    (await psql('auth', 'SHOW statement_timeout; SHOW lock_timeout; SHOW idle_in_transaction_session_timeout')) ===
      '5s\n2s\n10s',
  );
  check(
    'a statement of six seconds is cancelled',
    (await psql('auth', 'SELECT pg_sleep(6)')).includes('statement timeout'),
  );
  const locked = inPod(
    `${as('auth', 6432)} psql -q <<'SQL'\nBEGIN; SELECT pg_advisory_xact_lock(42); SELECT pg_sleep(4); COMMIT;\nSQL`,
  );
  await sleep(1500);
  check(
    'an advisory lock of a transaction holds off another client',
    (await psql('auth', 'BEGIN; SELECT pg_advisory_xact_lock(42); COMMIT;')).includes('lock timeout'),
  );
  await locked;

  // many clients, with as many prepared statements as the service has
  const statements = (count: number) =>
    Array.from({ length: count }, (_, i) => `SELECT count(*) AS n${i} FROM (SELECT FROM account LIMIT 10) AS few;`);
  const bench = async (through: string, port: number, connections: number, count = 1) => {
    let most = 0;
    const over = new AbortController();
    const watching = (async () => {
      while (!over.signal.aborted) {
        most = Math.max(most, (await bySocket().catch(() => [0, 0]))[1] ?? 0);
        await sleep(500);
      }
    })();
    const output = await inPod(
      `${as('auth', port)} printf '%s\n' '${statements(count).join("' '")}' >/tmp/statements.sql; ` +
        `pgbench -n -M prepared -f /tmp/statements.sql -c ${connections} -j 2 ${count > 1 ? '-t 1' : `-T ${benchSeconds}`} 2>&1; rm /tmp/statements.sql`,
      300,
    );
    over.abort();
    await watching;
    const figure = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? NaN);
    return {
      connections,
      through,
      count,
      most,
      rate: figure(/tps = ([\d.]+)/) * count,
      ms: figure(/latency average = ([\d.]+)/) / count,
      fault: output.split('\n').find((line) => /FATAL|ERROR|error:/.test(line)) ?? '',
    };
  };
  const rows = [
    await bench('nothing', 5432, serverConnections),
    await bench('PgBouncer', 6432, serverConnections),
    await bench('nothing', 5432, 60),
    await bench('PgBouncer', 6432, 60),
    await bench('PgBouncer', 6432, clients, 250),
  ];
  const peak = await inContainer(
    'pgbouncer',
    "grep -h VmHWM /proc/[0-9]*/status | sort -k2n | tail -1 | grep -o '[0-9]*'",
  );
  table(
    rows.map(({ connections, through, count, most, rate, ms, fault }) => ({
      clients: connections,
      through,
      'prepared by each': count,
      'connections of the server': most,
      'statements/s': rate.toFixed(0),
      'mean ms': ms.toFixed(1),
      error: fault || 'none',
    })),
  );
  const many = rows.at(-1);
  check(
    `${clients} clients share ${serverConnections} connections, without an error; PgBouncer used ${(Number(peak) / 1024).toFixed(0)} MiB`,
    many?.fault === '' && many.rate > 0 && many.most > 0 && many.most <= serverConnections,
  );

  // under traffic
  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    mix: { me: 5, refresh: 5, register: 3 },
  });
  const outcome: Row[] = [];
  const before = await servicePods(namespace);
  const kill = (signal: string) => () => inContainer('pgbouncer', `kill -${signal} $(cat /proc/1/task/1/children)`);
  const away: [string, () => Promise<unknown>][] = [
    ['PgBouncer killed', kill('KILL')],
    ['PgBouncer ended', kill('INT')],
    [
      'server killed',
      () =>
        inPod('kill -QUIT "$(head -1 "$PGDATA/postmaster.pid")"').catch((error: unknown) => {
          log(String(error));
        }),
    ],
    ['pod of the database deleted', () => kubectl(['delete', 'pod', 'postgres-0', '-n', namespace, '--wait=false'])],
  ];
  for (const [what, play] of away) {
    await sleep(10_000);
    const at = Date.now();
    await play();
    await sleep(2000);
    await until('the database ready', 300, () => databaseReady(namespace));
    await flows(traffic);
    const since = (await traffic.requests()).filter((one) => one.kind !== 'setup' && one.at + one.ms > at);
    const bad = since.filter(({ status }) => status < 200 || status > 299);
    outcome.push({
      what,
      requests: since.length,
      failed: bad.length,
      'other than 503': bad.filter(({ status }) => status !== 503).length,
      'last failed request s':
        bad.length > 0 ? ((Math.max(...bad.map((one) => one.at + one.ms)) - at) / 1000).toFixed(1) : '-',
    });
    log(what);
  }
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  table(outcome);
  table([summary('all', requests)]);
  if (requests.some(({ status }) => status < 200 || status > 299)) {
    table(failures(requests));
  }
  const acknowledged = ledger(requests);
  const kept = await accounts(namespace);
  const lost = acknowledged.filter(({ email }) => !kept.has(email));
  check(
    `of ${acknowledged.length} acknowledged registrations, none is lost`,
    acknowledged.length > 50 && lost.length === 0,
  );
  check(
    'no request failed in another way than by 503',
    requests.every(({ status }) => status === 503 || (status >= 200 && status < 300)),
  );
  // the autoscaler may have added some
  const after = await servicePods(namespace);
  check(
    'no pod of the service was restarted or replaced',
    before.every((one) => after.includes(one)),
  );
  await until('the environment is healthy', 120, () => healthy(namespace));
});
