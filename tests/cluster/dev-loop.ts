// `skaffold dev` on a copy of the repository: seconds from a saved file to its answer from the running pod, without an image
// build; a compile error is shown and the pod serves on.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyRepository } from '../../tools/lib/copy-repository.ts';
import { drill, type Row } from '../../tools/lib/drill.ts';
import { kubectl } from '../../tools/lib/kubectl.ts';
import { until } from '../../tools/lib/until.ts';

const limit = 5;
const files = ['apps/auth/src/sessions/sessions.controller.ts', 'libs/common/src/health/health.module.ts'];

await drill('dev-loop', async ({ own, after, log, table, check }) => {
  const namespace = await own('devopslocally-dev');
  const copy = mkdtempSync(join(tmpdir(), 'dev-loop-'));
  after(async () => rmSync(copy, { recursive: true, force: true }));
  await copyRepository(copy);

  let output = '';
  /** When how much of it had been said. */
  const said: { at: number; length: number }[] = [];
  /** When Skaffold or the pod said that first; not at all where Skaffold was yet to follow the pod's log. */
  const heardAt = (words: string, from: number) => {
    const place = output.indexOf(words, from);
    return place < 0 ? undefined : said.find(({ length }) => length > place)?.at;
  };
  const skaffold = spawn('skaffold', ['dev', '--cleanup=false'], { cwd: copy, detached: true });
  for (const stream of [skaffold.stdout, skaffold.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      said.push({ at: performance.now(), length: output.length });
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
      throw new Error(`skaffold ended:\n${output.slice(-3000)}`);
    }
  };
  await until('skaffold to watch', 420, async () => (alive(), output.includes('Watching for changes')));
  const url = `http://127.0.0.1:${/Service\/auth.*?http:\/\/127\.0\.0\.1:(\d+)|service\/auth .*?127\.0\.0\.1:(\d+)/i.exec(output)?.slice(1).find(Boolean) ?? '3000'}`;
  const documents = () =>
    fetch(`${url}/docs/openapi.json`, { signal: AbortSignal.timeout(2000) }).then((response) => response.text());
  await until('the pod to answer', 120, async () => (await documents()).length > 0, 200);
  log(`live at ${url} after ${((Date.now() - started) / 1000).toFixed(0)} s`);

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
    'the inspector to answer',
    30,
    async () =>
      (await fetch('http://127.0.0.1:9229/json/list', { signal: AbortSignal.timeout(2000) })).json() as Promise<
        { webSocketDebuggerUrl?: string }[]
      >,
  );

  const before = await pod();
  const originals = files.map((file) => readFileSync(join(copy, file), 'utf8'));
  const save = (i: number, change: (text: string) => string) =>
    writeFileSync(join(copy, files[i] ?? ''), change(originals[i] ?? ''));
  const marked = (marker: string) => (text: string) => text.replace(/summary: '/, `summary: '${marker} `);

  const served = (marker: string) =>
    until(`${marker} to be served`, 60, async () => (alive(), (await documents()).includes(marker)), 150).catch(
      (error: unknown) => {
        const told = output.split('\n').filter((line) => !line.includes('request completed'));
        log(`skaffold's last words:\n${told.slice(-30).join('\n')}`);
        throw error;
      },
    );

  const rows: Row[] = [];
  const seconds: number[] = [];
  for (let turn = 0; turn < 10; turn += 1) {
    await sleep(2000);
    const marker = `drill${turn}`;
    const [saved, from] = [performance.now(), output.length];
    save(turn % files.length, marked(marker));
    await served(marker);
    const now = performance.now();
    const after = (at: number | undefined) => (at === undefined ? '' : ((at - saved) / 1000).toFixed(2));
    seconds.push((now - saved) / 1000);
    rows.push({
      change: turn + 1,
      file: files[turn % files.length] ?? '',
      'copying after': after(heardAt('Syncing 1 files', from)),
      compiling: after(heardAt('File change detected', from)),
      compiled: after(heardAt('Found 0 errors', from)),
      listening: after(heardAt('"listening"', from)),
      served: after(now),
    });
  }
  table(rows);
  seconds.sort((a, b) => a - b);
  const worst = seconds.at(-1) ?? Infinity;
  log(`median ${seconds[seconds.length / 2]?.toFixed(2)} s, worst ${worst.toFixed(2)} s`);

  const mark = output.length;
  save(0, (text) => `${text}\nconst broken: number = 'not a number';\n`);
  await until('the compile error to be shown', 30, async () => (alive(), output.slice(mark).includes('TS2322')), 100);
  const during = await documents().then(
    () => true,
    () => false,
  );
  save(0, marked('mended'));
  await served('mended');

  check(
    'the inspector is there for a debugger',
    inspector.some((target) => target.webSocketDebuggerUrl),
  );
  check(`each of ${rows.length} changes is served in less than ${limit} s`, worst < limit);
  check('a compile error was shown and the pod served on', during);
  check('all by one pod: no image was built, no container restarted', before === (await pod()));
});
