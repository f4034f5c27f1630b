// `skaffold dev` on a copy of the repository: measures the seconds from saving a file until the running pod serves the change,
// without an image build. A compile error is shown, and the pod keeps serving. A package, a migration, a manifest and a Dockerfile
// that change are built and deployed, and restart only what they change. A service that is generated joins the first.
//   QUICK: if set, fewer changes are saved, no package is added and no service is generated.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyRepository } from '../../tools/lib/copy-repository.ts';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { sql } from './lib/database.ts';
import { SkaffoldDev } from './lib/skaffold.ts';

/** Seconds from a saved file to its answer, on a machine that is not busy. */
const goal = 5;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const files = ['apps/auth/src/sessions/sessions.controller.ts', 'libs/common/src/health/health.module.ts'];
const second = 'order-history';
const isQuick = Boolean(process.env['QUICK']);

interface Pod {
  metadata: {
    uid: string;
    deletionTimestamp?: string;
    ownerReferences: { kind: string }[];
    labels: Record<string, string>;
  };
  status: { containerStatuses?: { restartCount: number }[] };
}

await drill('dev-loop', async ({ own, after, log, table, check }) => {
  const namespace = await own('devopslocally-dev');
  const secondNamespace = await own(`devopslocally-${second}-dev`);
  const copy = mkdtempSync(join(tmpdir(), 'dev-loop-'));
  after(async () => rmSync(copy, { recursive: true, force: true }));
  await copyRepository(copy);
  /** Saves a change of a file. */
  const edit = (file: string, change: (text: string) => string) => {
    const text = readFileSync(join(copy, file), 'utf8');
    const changed = change(text);
    if (changed === text) {
      throw new Error(`${file} does not contain what was to be changed`);
    }
    writeFileSync(join(copy, file), changed);
  };

  const started = Date.now();
  let skaffold = new SkaffoldDev(copy);
  after(() => skaffold.stop());
  await skaffold.until('skaffold to watch for changes', 1200, async () =>
    skaffold.output.includes('Watching for changes'),
  );
  const url = `http://${/Service\/auth.*?(127\.0\.0\.1:\d+)/i.exec(skaffold.output)?.[1] ?? '127.0.0.1:3000'}`;
  const documents = () =>
    fetch(`${url}/docs/openapi.json`, { signal: AbortSignal.timeout(60_000) }).then((response) => response.text());
  await skaffold.until('pod to answer', 300, async () => (await documents()).length > 0, 200);
  log(`the pod serves ${url} after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  const inspector = await skaffold.until(
    'inspector to answer',
    300,
    async () =>
      (await fetch('http://127.0.0.1:9229/json/list', { signal: AbortSignal.timeout(2000) })).json() as Promise<
        { webSocketDebuggerUrl?: string }[]
      >,
  );
  check(
    'a debugger can attach to the inspector',
    inspector.some((target) => target.webSocketDebuggerUrl),
  );

  const smokeTested = (job: string) =>
    kubectl(['wait', '--for=condition=complete', `job/${job}`, '-n', namespace, '--timeout=300s'], { seconds: 310 });
  // Skaffold copies changes into the smoke test's pod, too, and loses one if that pod ends at the same moment
  await smokeTested('auth-smoke-test');
  /** The pods of services, with the times that their containers have restarted. */
  const pods = async () => {
    const lists = await Promise.all(
      [namespace, secondNamespace].map((each) => getJson<{ items: Pod[] }>(['pods', '-n', each])),
    );
    return lists
      .flatMap(({ items }) => items)
      .filter(({ metadata }) => !metadata.deletionTimestamp && metadata.ownerReferences[0]?.kind !== 'Job')
      .map(({ metadata, status }) => ({
        name: metadata.labels['app.kubernetes.io/name'] ?? '',
        life: `${metadata.uid} ${String(status.containerStatuses?.[0]?.restartCount)}`,
      }));
  };
  /** Names of those that were started or restarted since an earlier look. */
  const restartedSince = async (before: { life: string }[]) => {
    const known = new Set(before.map(({ life }) => life));
    return [...new Set((await pods()).filter(({ life }) => !known.has(life)).map(({ name }) => name))].sort();
  };
  const before = await pods();

  const served = (marker: string) =>
    skaffold.until(`${marker} to be served`, 300, async () => (await documents()).includes(marker), 150);
  const mark = (marker: string) => (text: string) => text.replace(/summary: '(drill\d+ )?/, `summary: '${marker} `);
  const rows: Row[] = [];
  const seconds: number[] = [];
  const starts: number[] = [];
  const added: number[] = [];
  for (let turn = 0; turn < (isQuick ? 4 : 10); turn += 1) {
    await sleep(2000);
    const marker = `drill${turn}`;
    const file = files[turn % files.length] ?? '';
    const [saved, from] = [performance.now(), skaffold.output.length];
    edit(file, mark(marker));
    await served(marker);
    const now = performance.now();
    const after = (at: number | undefined) => (at === undefined ? '' : ((at - saved) / 1000).toFixed(2));
    seconds.push((now - saved) / 1000);
    const [compiled, listening] = ['Found 0 errors', '"listening"'].map((text) => skaffold.printedAt(text, from));
    if (compiled !== undefined && listening !== undefined) {
      starts.push((listening - compiled) / 1000);
      added.push((now - saved - (listening - compiled)) / 1000);
    }
    rows.push({
      change: turn + 1,
      file,
      copying: after(skaffold.printedAt('Syncing 1 files', from)),
      compiling: after(skaffold.printedAt('File change detected', from)),
      compiled: after(compiled),
      listening: after(listening),
      served: after(now),
    });
  }
  table(rows);
  log(`median ${median(seconds).toFixed(2)} s, worst ${Math.max(...seconds).toFixed(2)} s; the goal is ${goal} s`);
  log(
    `in the median, the service started in ${median(starts).toFixed(2)} s, and live coding added ${median(added).toFixed(2)} s`,
  );
  check(`each of ${rows.length} changes is served`, seconds.length === rows.length);

  const from = skaffold.output.length;
  const faulty = "\nconst broken: number = 'not a number';\n";
  edit(files[0] ?? '', (text) => text + faulty);
  await skaffold.until(
    'compile error to be shown',
    300,
    async () => skaffold.output.slice(from).includes('TS2322'),
    100,
  );
  const during = await documents().then(
    () => true,
    () => false,
  );
  edit(files[0] ?? '', (text) => mark('drill99')(text.replace(faulty, '')));
  await served('drill99');
  check('a compile error was shown, and the pod kept serving', during);
  check(
    'the pod stayed the same: no image was built, no container restarted',
    (await restartedSince(before)).length === 0,
  );

  const inPod = (service: string, ...command: string[]) => {
    const home = service === second ? secondNamespace : namespace;
    return kubectl(['exec', `deployment/${service}`, '-n', home, '-c', service, '--', ...command]);
  };
  const deployed: Row[] = [];
  /** Waits for what a saved change has to bring about. */
  const carries = async (what: string, restarts: string[], save: () => unknown, shown: () => Promise<unknown>) => {
    const earlier = await pods();
    const saved = performance.now();
    await save();
    await skaffold.until(what, 600, shown, 1000);
    const took = (performance.now() - saved) / 1000;
    // an old pod ends after the new one is ready
    await skaffold.until(`${what}: the smoke test`, 300, () => smokeTested('auth-smoke-test'));
    const restarted = await restartedSince(earlier);
    deployed.push({ change: what, seconds: took.toFixed(1), restarted: restarted.join(', ') });
    check(
      `skaffold dev carries ${what}, and restarts only ${restarts.join(' and ')}`,
      restarted.join() === restarts.join(),
    );
  };
  const migrations = 'apps/auth/src/database';
  await carries(
    'a migration',
    ['auth'],
    () => {
      const name = 'Drill1999999999999';
      const statements = (method: string, text: string) =>
        `async ${method}(runner: QueryRunner): Promise<void> {\n    await runner.query('${text}');\n  }`;
      writeFileSync(
        join(copy, migrations, 'migrations/1999999999999-drill.ts'),
        `import type { MigrationInterface, QueryRunner } from 'typeorm';\n\nexport class ${name} implements MigrationInterface {\n  ` +
          `${statements('up', 'CREATE TABLE drill ()')}\n  ${statements('down', 'DROP TABLE drill')}\n}\n`,
      );
      edit(`${migrations}/database.ts`, (text) =>
        `import { ${name} } from './migrations/1999999999999-drill.ts';\n${text}`.replace(
          'migrations: [',
          `migrations: [\n    ${name},`,
        ),
      );
    },
    async () => (await sql(namespace, 'auth', "SELECT to_regclass('drill')")) === 'drill',
  );
  await carries(
    'a manifest',
    ['auth'],
    () => edit('k8s/overlays/dev/kustomization.yaml', (text) => text.replace('LOG_LEVEL=debug', 'LOG_LEVEL=info')),
    async () => (await inPod('auth', 'printenv', 'LOG_LEVEL')).trim() === 'info',
  );
  await carries(
    'a Dockerfile',
    ['auth'],
    () => edit('images/auth.Dockerfile', (text) => text.replace('ENV APP=', 'ENV DRILL=1 APP=')),
    async () => (await inPod('auth', 'printenv', 'DRILL')).trim() === '1',
  );
  if (isQuick) {
    table(deployed);
    return;
  }

  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
  const dependency = 'left-pad';
  check(`${dependency} is no package of the project`, !(`node_modules/${dependency}` in packages));
  await carries(
    'a package',
    ['auth'],
    () =>
      run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--save-exact', `${dependency}@1.3.0`], {
        cwd: copy,
        seconds: 300,
      }),
    async () => (await inPod('auth', 'node', '-p', `require('${dependency}')('x', 3, '-')`)).trim() === '--x',
  );

  table(deployed);

  // Skaffold reads its own file at its start
  await skaffold.stop();
  await run('node', [join(root, 'tools/new-service/main.ts'), second, '--database'], { cwd: copy, seconds: 120 });
  const earlier = await pods();
  skaffold = new SkaffoldDev(copy);
  const inSecond = (script: string) => inPod(second, 'node', '--eval', script);
  const isReady = "fetch('http://localhost:3000/health/ready').then(({ ok }) => console.log(ok))";
  await skaffold.until(`${second} to be ready`, 900, async () => (await inSecond(isReady)).trim() === 'true', 1000);
  await skaffold.until('skaffold to watch for changes', 600, async () =>
    skaffold.output.includes('Watching for changes'),
  );
  const joined = await restartedSince(earlier);
  log(`new or restarted with the generated service: ${joined.join(', ')}`);
  // auth too: each image contains the package.json that names all services
  check('a generated service runs with its database', joined.join() === `auth,${second},postgres`);

  const beside = await pods();
  const document = "fetch('http://localhost:3000/docs/openapi.json').then(async (a) => console.log(await a.text()))";
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await sleep(2000);
    const saved = performance.now();
    edit(`apps/${second}/src/${second}/${second}.controller.ts`, mark(`drill${turn}`));
    await skaffold.until(
      `drill${turn} of ${second}`,
      300,
      async () => (await inSecond(document)).includes(`drill${turn}`),
      150,
    );
    times.push((performance.now() - saved) / 1000);
  }
  log(
    `${second} served a change after ${median(times).toFixed(2)} s in the median, worst ${Math.max(...times).toFixed(2)} s`,
  );
  check(
    'the second service live-codes in its own pod, and no pod restarted',
    (await restartedSince(beside)).length === 0,
  );
});
