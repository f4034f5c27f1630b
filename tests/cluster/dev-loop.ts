// `skaffold dev` on a copy of the repository: measures the seconds from saving a file until the running pod serves the change,
// without an image build. A compile error is shown, and the pod keeps serving.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyRepository } from '../../tools/lib/copy-repository.ts';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';

/** Seconds from a saved file to its answer, on a machine that is not busy. */
const goal = 5;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const files = ['apps/auth/src/sessions/sessions.controller.ts', 'libs/common/src/health/health.module.ts'];

await drill('dev-loop', async ({ own, after, log, table, check }) => {
  const namespace = await own('devopslocally-dev');
  const copy = mkdtempSync(join(tmpdir(), 'dev-loop-'));
  after(async () => rmSync(copy, { recursive: true, force: true }));
  await copyRepository(copy);

  let output = '';
  /** Length of the output over time. */
  const lengths: { at: number; length: number }[] = [];
  /** When the output first contained the text; undefined if Skaffold did not follow the pod's log yet. */
  const printedAt = (text: string, from: number) => {
    const place = output.indexOf(text, from);
    return place < 0 ? undefined : lengths.find(({ length }) => length > place)?.at;
  };
  const skaffold = spawn('skaffold', ['dev', '--cleanup=false'], { cwd: copy, detached: true });
  for (const stream of [skaffold.stdout, skaffold.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      lengths.push({ at: performance.now(), length: output.length });
    });
  }
  const ended = new Promise((resolve) => skaffold.once('exit', resolve));
  after(async () => {
    if (skaffold.exitCode === null) {
      process.kill(-(skaffold.pid ?? 0), 'SIGINT');
    }
    await Promise.race([ended, sleep(20_000)]);
  });

  const started = Date.now();
  const alive = () => {
    if (skaffold.exitCode !== null) {
      throw new Error(`skaffold exited:\n${output.slice(-3000)}`);
    }
  };
  await until('skaffold to watch for changes', 1200, async () => (alive(), output.includes('Watching for changes')));
  const url = `http://127.0.0.1:${/Service\/auth.*?http:\/\/127\.0\.0\.1:(\d+)|service\/auth .*?127\.0\.0\.1:(\d+)/i.exec(output)?.slice(1).find(Boolean) ?? '3000'}`;
  const documents = () =>
    fetch(`${url}/docs/openapi.json`, { signal: AbortSignal.timeout(60_000) }).then((response) => response.text());
  await until('pod to answer', 300, async () => (await documents()).length > 0, 200);
  log(`the pod serves ${url} after ${((Date.now() - started) / 1000).toFixed(0)} s`);

  const pod = () =>
    kubectl([
      'get',
      'pods',
      '-n',
      namespace,
      '-l',
      'app.kubernetes.io/component=api',
      '-o',
      'jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount} {.spec.containers[0].image}{"\\n"}{end}',
    ]);
  const inspector = await until(
    'inspector to answer',
    300,
    async () =>
      (await fetch('http://127.0.0.1:9229/json/list', { signal: AbortSignal.timeout(2000) })).json() as Promise<
        { webSocketDebuggerUrl?: string }[]
      >,
  );

  // Skaffold copies changes into the smoke test's pod, too, and loses one if that pod ends at the same moment
  await kubectl(['wait', '--for=condition=complete', 'job/auth-smoke-test', '-n', namespace, '--timeout=300s'], {
    seconds: 310,
  });
  const before = await pod();
  const originals = files.map((file) => readFileSync(join(copy, file), 'utf8'));
  const save = (i: number, change: (text: string) => string) =>
    writeFileSync(join(copy, files[i] ?? ''), change(originals[i] ?? ''));
  const marked = (marker: string) => (text: string) => text.replace(/summary: '/, `summary: '${marker} `);

  const served = (marker: string) =>
    until(`${marker} to be served`, 300, async () => (alive(), (await documents()).includes(marker)), 150).catch(
      (error: unknown) => {
        const lines = output.split('\n').filter((line) => !line.includes('request completed'));
        log(`end of skaffold's output:\n${lines.slice(-30).join('\n')}`);
        throw error;
      },
    );

  const rows: Row[] = [];
  const seconds: number[] = [];
  const starts: number[] = [];
  const added: number[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    await sleep(2000);
    const marker = `drill${turn}`;
    const [saved, from] = [performance.now(), output.length];
    save(turn % files.length, marked(marker));
    await served(marker);
    const now = performance.now();
    const after = (at: number | undefined) => (at === undefined ? '' : ((at - saved) / 1000).toFixed(2));
    seconds.push((now - saved) / 1000);
    const [compiled, listening] = [printedAt('Found 0 errors', from), printedAt('"listening"', from)];
    if (compiled !== undefined && listening !== undefined) {
      starts.push((listening - compiled) / 1000);
      added.push((now - saved - (listening - compiled)) / 1000);
    }
    rows.push({
      change: turn + 1,
      file: files[turn % files.length] ?? '',
      copying: after(printedAt('Syncing 1 files', from)),
      compiling: after(printedAt('File change detected', from)),
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

  const mark = output.length;
  save(0, (text) => `${text}\nconst broken: number = 'not a number';\n`);
  await until('compile error to be shown', 300, async () => (alive(), output.slice(mark).includes('TS2322')), 100);
  const during = await documents().then(
    () => true,
    () => false,
  );
  save(0, marked('fixed'));
  await served('fixed');

  check(
    'a debugger can attach to the inspector',
    inspector.some((target) => target.webSocketDebuggerUrl),
  );
  check(`each of ${rows.length} changes is served`, seconds.length === rows.length);
  check('a compile error was shown, and the pod kept serving', during);
  check('the pod stayed the same: no image was built, no container restarted', before === (await pod()));
});
