// Replaces each secret under traffic. No request fails, and the old secret is useless afterwards.
//   ROTATE: secrets to replace, separated by commas.  CLUSTER: with three members.  POOLER: with PgBouncer.
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { backedUp, inRepository, runJob, sql } from './lib/database.ts';
import { deploy } from './lib/environment.ts';
import { isCluster, replicated } from './lib/members.ts';
import { failures, gatewayNamespace, startTraffic, summary } from './lib/traffic.ts';

// the old key-encryption key is removed late, because each client must have refreshed once before
const all = ['key-encryption-keys', 'signing-keys', 'password', 'old-key-encryption-keys', 'tls', 'passphrase'];
const chosen = process.env['ROTATE']?.split(',') ?? all;

await drill('rotate', async ({ own, log, table, check }) => {
  const namespace = await own('drill-rotate');
  const gateway = await own('drill-rotate-gateway');
  await deploy({
    namespace,
    components: ['high-availability', ...(process.env['POOLER'] ? ['pgbouncer'] : [])],
    config: { LOGIN_ADDRESS_BURST: '10000', REGISTER_ADDRESS_BURST: '10000' },
  });
  await gatewayNamespace(gateway);
  await until('three members', 300, async () => !isCluster || replicated(namespace));
  await until('first backup', 300, () => backedUp(namespace), 2000);
  const secret = async (name: string, key: string, home = namespace) =>
    Buffer.from(
      await kubectl(['get', 'secret', name, '-n', home, '-o', `jsonpath={.data.${key.replaceAll('.', '\\.')}}`]),
      'base64',
    ).toString();
  const repositories = () => inRepository(namespace, ['ls', '/var/lib/pgbackrest']);
  const before = {
    url: await secret('auth', 'database-url'),
    authority: await secret('auth', 'ca.crt'),
    keys: await secret('auth', 'key-encryption-keys'),
    signing: await sql(namespace, 'auth', 'SELECT count(*) FROM signing_key'),
    repositories: await repositories(),
  };

  // as a service with a database of its own has it, in its namespace of the same environment
  const orders = await own('drill-rotate-orders');
  const labels = { 'app.kubernetes.io/part-of': 'devopslocally', 'devopslocally/environment': namespace };
  await kubectl(['label', 'namespace', namespace, `devopslocally/environment=${namespace}`]);
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: orders, labels } });
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'orders', namespace: orders },
    stringData: { 'ca.crt': before.authority },
  });

  const traffic = await startTraffic('client', gateway, {
    url: `http://auth.${namespace}`,
    mix: { me: 5, refresh: 2, jwks: 2, login: 0.5 },
    users: 20,
  });
  const marks: { what: string; from: number; to: number }[] = [];
  for (const what of chosen) {
    const from = Date.now();
    log((await run(join(root, 'k8s/rotate.sh'), [namespace, what], { seconds: 600 })).trim());
    await sleep(3000);
    marks.push({ what, from, to: Date.now() });
  }
  const requests = (await traffic.stop()).filter(({ kind }) => kind !== 'setup');
  table(
    marks.map(({ what, from, to }): Row => ({
      ...summary(
        what,
        requests.filter(({ at }) => at >= from && at < to),
      ),
      seconds: ((to - from) / 1000).toFixed(0),
    })),
  );
  const failed = failures(requests);
  if (failed.length > 0) {
    table(failed);
  }
  check(
    'traffic lasted until after the last rotation',
    Math.max(...requests.map(({ at }) => at)) > (marks.at(-1)?.to ?? Infinity),
  );
  check('0 failed requests', failed.length === 0);

  if (chosen.includes('password')) {
    const { username, password } = new URL(before.url);
    const attempt = kubectl(
      [
        ...['exec', '-i', 'postgres-0', '-n', namespace, '-c', 'postgres', '--', 'bash', '-c'],
        `read -r PGPASSWORD; export PGPASSWORD; psql "host=127.0.0.1 user=${username} dbname=auth sslmode=require" -c 'SELECT 1' 2>&1 || true`,
      ],
      { input: `${password}\n` },
    );
    check('the old password is rejected', (await attempt).includes('password authentication failed'));
  }
  if (chosen.includes('tls')) {
    const now = await secret('auth', 'ca.crt');
    check(
      'the old certificate authority is no longer trusted',
      !now.includes(before.authority.trim()) && now.length > 0,
    );
    check("another service's Secret has the new one too", (await secret('orders', 'ca.crt', orders)) === now);
    const backup = await runJob(namespace, 'postgres-backup', 'after-tls');
    check(`backup jobs authenticate with their new certificate (${backup.toFixed(1)} s)`, true);
  }
  if (chosen.includes('signing-keys')) {
    check(
      'a new signing key exists',
      (await sql(namespace, 'auth', 'SELECT count(*) FROM signing_key')) > before.signing,
    );
  }
  if (chosen.includes('old-key-encryption-keys')) {
    check(
      'the old key-encryption key is removed',
      !(await secret('auth', 'key-encryption-keys')).includes(before.keys),
    );
  }
  if (chosen.includes('passphrase')) {
    await until('first backup in the new repository', 300, () => backedUp(namespace), 2000);
    check('a backup with the new passphrase exists', (await repositories()) !== before.repositories);
  }
});
