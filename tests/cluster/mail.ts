// auth sends mails by the component mail, through a real SMTP server. With a wrong password and without the network policy's consent they
// wait, and are sent once the runbook MailsWaiting has been followed.
import { build } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';
import { tryConnections } from './lib/connections.ts';
import { sql } from './lib/database.ts';
import { deploy, rolledOut } from './lib/environment.ts';
import { inlineCommand, shell } from './lib/pages.ts';
import { gatewayNamespace, phase, pod, startTraffic } from './lib/traffic.ts';

await drill('mail', async ({ own, log, table, check }) => {
  const namespace = await own('drill-mail');
  const gateway = await own('drill-mail-gateway');
  const server = await own('drill-mail-server');
  await gatewayNamespace(gateway);

  const password = randomBytes(12).toString('hex');
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'lib/mail-server.ts')],
    ...{ bundle: true, minify: true, platform: 'node', format: 'cjs', write: false },
  });
  const role = (value: string) =>
    apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: server, labels: { 'devopslocally/role': value } } });
  await role('mail-server');
  const data = { 'server.cjs': outputFiles[0]?.text };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'scripts', namespace: server }, data });
  const manifest = pod('smtp', server, { app: 'smtp' }, ['node', '/scripts/server.cjs']);
  const unprivileged = { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] };
  Object.assign(manifest.spec.securityContext, unprivileged);
  Object.assign(manifest.spec.containers[0] ?? {}, { env: [{ name: 'PASSWORD', value: password }] });
  const spec = { selector: { app: 'smtp' }, ports: [{ port: 587 }] };
  await apply(manifest);
  await apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'smtp', namespace: server }, spec });
  await until('SMTP server running', 300, async () => (await phase('smtp', server)) === 'Running');

  const address = `smtp.${server}.svc:587`;
  const store = (secret: string) => {
    const stringData = { 'smtp-url': `smtp://auth:${secret}@${address}` };
    return apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mail', namespace }, stringData });
  };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await store('wrong');
  await deploy({ namespace, components: ['mail'] });
  log('auth and the SMTP server run');

  const rows: Row[] = [];
  /** Registers accounts whose mails can't be sent. Resolves to the number of mails that wait. */
  const register = async (name: string) => {
    const load = { url: `http://auth.${namespace}`, seconds: 3, mix: { register: 1 } };
    await (await startTraffic(name, gateway, load)).finished();
    return Number(await sql(namespace, 'auth', 'SELECT count(*) FROM mail WHERE sent_at IS NULL'));
  };
  const waits = (reason: RegExp) =>
    until('a mail to wait', 120, async () =>
      reason.test(await sql(namespace, 'auth', 'SELECT last_error FROM mail WHERE sent_at IS NULL')),
    );
  const received = async () =>
    (await kubectl(['logs', 'smtp', '-n', server])).split('\n').filter((line) => line.includes('@')).length;
  const remedied = async (fault: string, expected: number, remedy: () => Promise<unknown>) => {
    const started = Date.now();
    await remedy();
    await until(`${expected} mails`, 300, async () => (await received()) >= expected);
    rows.push({ fault, mails: expected, 'received after s': ((Date.now() - started) / 1000).toFixed(1) });
  };

  const first = await register('first');
  await waits(/EAUTH.*535/);
  check('with a wrong password, mails wait', (await received()) === 0 && first > 0);
  await remedied('a wrong password', first, async () => {
    await store(password);
    await shell(inlineCommand('docs/runbooks/MailsWaiting.md', 'rollout restart'), { NAMESPACE: namespace });
    await rolledOut(namespace);
  });

  const connects = async () => (await tryConnections('deployment/auth', namespace, [address]))[address] === 'connected';
  await role('other');
  // policies take effect shortly after a label has changed
  await until('the policy to refuse', 60, async () => !(await connects()));
  const second = await register('second');
  await waits(/ECONNECTION|ETIMEDOUT/);
  check('the network policy admits auth to mail servers alone', (await received()) === first && second > 0);
  await remedied('a server that the policy does not name', first + second, () => role('mail-server'));
  table(rows);
  check('each mail is received once', (await received()) === first + second);
});
