// Kyverno, from its own chart, with the policy of k8s/platform/image-verification, in front of an environment of prod: which images it
// admits, and what runs while Kyverno is away. Images are signed by cosign with a key of this drill, which the policy then names in
// place of the workflow's identity: that needs Sigstore's public services.
//   KYVERNO: its Go module with the version.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { deploy, images, rolledOut } from './lib/environment.ts';
import { installKyverno, loadVerification } from './lib/kyverno.ts';
import { answer, dryRun, dryRunDebugging } from './lib/rejection.ts';
import { container, pod } from './lib/traffic.ts';

const ruled = 'image-signature';
const page = 'docs/operations/supply-chain.md';

await drill('image-verification', async ({ own, after, log, table, check }) => {
  const folder = mkdtempSync(join(tmpdir(), 'image-verification-'));
  after(async () => rmSync(folder, { recursive: true }));
  const env = { ...process.env, COSIGN_PASSWORD: '' };
  const cosign = (...args: string[]) => run('cosign', args, { env, cwd: folder });
  await cosign('generate-key-pair', '--output-key-prefix', 'workflow');
  await cosign('generate-key-pair', '--output-key-prefix', 'stranger');
  // no certificate authority and no transparency log
  const services = { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json' };
  writeFileSync(join(folder, 'services.json'), JSON.stringify(services));
  const sign = (key: string, image: string) =>
    cosign('sign', '--yes', '--key', `${key}.key`, '--signing-config', 'services.json', image);

  const prod = await own('drill-signed');
  const dev = await own('drill-unsigned');
  await own('kyverno');
  after(await installKyverno(process.env['KYVERNO'] ?? ''));
  log('Kyverno runs');
  const policy = await loadVerification();
  await apply({
    ...policy,
    spec: {
      ...policy.spec,
      matchImageReferences: [{ expression: `!(ref in ['${images.postgresExporter()}'])` }],
      attestors: [
        {
          name: 'workflow',
          cosign: {
            key: { data: readFileSync(join(folder, 'workflow.pub'), 'utf8') },
            ctlog: { insecureIgnoreTlog: true, insecureIgnoreSCT: true },
          },
        },
      ],
    },
  });
  const { name } = policy.metadata;
  const isReady = ['get', 'imagevalidatingpolicy', name, '-o', 'jsonpath={.status.conditionStatus.ready}'];
  await until('policy in force', 60, async () => (await kubectl(isReady)) === 'true');

  const environment = (namespace: string, value: string) => {
    const label = [{ op: 'add', path: '/metadata/labels/devopslocally~1environment', value }];
    return { namespace, patches: [{ target: { kind: 'Namespace' }, patch: JSON.stringify(label) }] };
  };
  check(
    'an environment of prod with unsigned images is refused',
    (await answer(deploy(environment(prod, 'prod')))) === ruled,
  );
  await sign('workflow', images.auth());
  await sign('workflow', images.postgres());
  await deploy(environment(prod, 'prod'));
  check('the same images are admitted once they are signed, and the smoke test passes', true);
  await deploy(environment(dev, 'dev'));

  await sign('stranger', images.authNext());
  const job = (spec: object) => ({ activeDeadlineSeconds: 60, template: { spec } });
  const kinds = {
    Pod: ['v1', (spec: object) => spec],
    Job: ['batch/v1', job],
    CronJob: ['batch/v1', (spec: object) => ({ schedule: '0 0 * * *', jobTemplate: { spec: job(spec) } })],
  } as const;
  const named = (name: string, image: string) => container(name, image, ['sleep', '60']);
  const attempt = (namespace: string, image: string, more?: object, kind: keyof typeof kinds = 'Pod') => {
    const [apiVersion, specOf] = kinds[kind];
    const containers = [named('main', image)];
    const { spec } = pod('attempt', namespace, {}, [], { containers, ...more });
    return dryRun({ apiVersion, kind, metadata: { name: 'attempt', namespace }, spec: specOf(spec) });
  };
  const signed = images.auth();
  const strange = images.authNext();
  const unsigned = images.s3();
  const absent = strange.replace(/\w+$/, '0'.repeat(64));
  const repeated = {
    containers: [named('main', signed), named('again', signed), named('other', images.postgres())],
  };
  const init = { initContainers: [container('init', unsigned, ['true'])] };
  const rows: Row[] = [
    { what: 'Pod', image: 'signed', answer: await attempt(prod, signed) },
    { what: 'Pod', image: 'unsigned', answer: await attempt(prod, unsigned) },
    { what: 'Pod', image: 'signed with another key', answer: await attempt(prod, strange) },
    { what: 'Pod', image: 'absent', answer: await attempt(prod, absent) },
    { what: 'Pod, one image twice', image: 'signed', answer: await attempt(prod, signed, repeated) },
    { what: 'init container', image: 'unsigned', answer: await attempt(prod, signed, init) },
  ];
  for (const kind of ['Job', 'CronJob'] as const) {
    rows.push({ what: kind, image: 'unsigned', answer: await attempt(prod, unsigned, undefined, kind) });
  }
  const update = kubectl(['set', 'image', 'deployment/auth', `auth=${strange}`, '-n', prod]);
  rows.push({ what: 'Deployment', image: 'signed with another key', answer: await answer(update) });
  const running = kubectl(['set', 'image', 'pod/postgres-0', `postgres=${unsigned}`, '-n', prod]);
  rows.push({ what: 'running Pod', image: 'unsigned', answer: await answer(running) });
  for (const [what, image] of Object.entries({ signed, unsigned })) {
    const debugging = { ...container('debug', image, ['sleep', '1']), resources: undefined };
    rows.push({ what: 'debug container', image: what, answer: await dryRunDebugging('postgres-0', prod, debugging) });
  }
  table(rows);
  check(
    'prod gets signed images only',
    rows.every(
      ({ image, answer: given }) =>
        given === (image === 'signed' ? 'accepted' : image === 'absent' ? 'unverifiable' : ruled),
    ),
  );
  check(
    'images of others that the policy names are admitted, and outside staging and prod unsigned ones',
    (await attempt(prod, images.postgresExporter())) === 'accepted' && (await attempt(dev, unsigned)) === 'accepted',
  );

  await sign('workflow', images.authNext());
  const started = Date.now();
  await kubectl(['set', 'image', 'deployment/auth', `auth=${strange}`, '-n', prod]);
  await rolledOut(prod);
  check(
    `an image with a second, right signature is rolled out (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    true,
  );

  const engine = 'deployment/kyverno-admission-controller';
  // not by --replicas=0, upon which Kyverno removes its webhooks
  const missing = { name: 'kyverno', image: `${images.kyverno().split('@')[0]}:missing` };
  const broken = {
    spec: { strategy: { type: 'Recreate', rollingUpdate: null }, template: { spec: { containers: [missing] } } },
  };
  const takeAway = async () => {
    await kubectl(['patch', engine, '-n', 'kyverno', `--patch=${JSON.stringify(broken)}`]);
    const pods = ['get', 'pods', '-n', 'kyverno', '-o', 'jsonpath={.items[*].status.containerStatuses[*].state}'];
    await until('Kyverno away', 120, async () => !(await kubectl(pods)).includes('running'));
  };
  const bringBack = () => kubectl(['rollout', 'undo', engine, '-n', 'kyverno']);
  const ready = async (namespace: string) =>
    Number(await kubectl(['get', 'deployment', 'auth', '-n', namespace, '-o', 'jsonpath={.status.readyReplicas}'])) > 0;
  await takeAway();
  check('without Kyverno, what runs goes on', await ready(prod));
  await kubectl(['label', 'pod', 'postgres-0', '-n', prod, 'drill=relabelled']);
  check('labels of pods can be changed, as Patroni does', true);
  const unanswered = await attempt(prod, signed);
  check(`nothing new starts in prod: ${unanswered}`, unanswered.includes('failed calling webhook'));
  check('and everything does elsewhere', (await attempt(dev, unsigned)) === 'accepted');
  await kubectl(['delete', 'pod', '-l', 'app.kubernetes.io/component=api', '-n', prod]);
  await bringBack();
  const back = Date.now();
  await until('auth ready', 300, () => ready(prod));
  check(`a pod that was lost meanwhile comes back with Kyverno (${((Date.now() - back) / 1000).toFixed(1)} s)`, true);

  await takeAway();
  const [, remedy = ''] = /again when it starts: `([^`]+)`/.exec(readFileSync(join(root, page), 'utf8')) ?? [];
  await run('bash', ['-c', remedy]);
  check('without Kyverno and its webhooks, pods start in prod', (await attempt(prod, signed)) === 'accepted');
  await bringBack();
  await until('webhooks', 120, async () => (await attempt(prod, unsigned)) === ruled);
  check('with Kyverno, its webhooks are back', true);
});
