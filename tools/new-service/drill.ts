/**
 * `make drill-new-service`: generates two services in a copy of the repository, one of them with a database, and verifies that the copy
 * passes all checks, the services' tests and the checks of the manifests.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { setImages } from '../deploy/overlay.ts';
import { copyRepository } from '../lib/copy-repository.ts';
import { drill } from '../lib/drill.ts';
import { root } from '../lib/root.ts';
import { run } from '../lib/run.ts';

const [stateless, stateful] = ['order-history', 'order-archive'];
const names = [stateless, stateful];

await drill('new-service', async ({ after, log, table, check }) => {
  const copy = mkdtempSync(join(tmpdir(), 'new-service-'));
  after(async () => rmSync(copy, { recursive: true, force: true }));
  await copyRepository(copy);
  for (const folder of ['node_modules', 'bin']) {
    symlinkSync(join(root, folder), join(copy, folder));
  }

  const rows: { command: string; seconds: string }[] = [];
  const passes = async (claim: string, command: string, ...args: string[]) => {
    const started = Date.now();
    const output = await run(command, args, { cwd: copy, seconds: 1800 }).catch((error: unknown) => {
      log(String(error));
      return undefined;
    });
    rows.push({
      command: [command, ...args].slice(0, 4).join(' '),
      seconds: ((Date.now() - started) / 1000).toFixed(1),
    });
    check(claim, output !== undefined);
  };
  await passes('npm run new:service generates a service', 'npm', 'run', 'new:service', stateless);
  await passes('and one with a database', 'npm', 'run', 'new:service', stateful, '--', '--database');
  const repositoryPasses = async (...rules: string[]) => {
    for (const rule of rules) {
      await passes(`${rule}: the whole repository passes`, 'npm', 'run', `check:${rule}`);
    }
  };
  // two at a time: each of them keeps one processor busy
  await Promise.all([
    (async () => {
      const folders = names.map((name) => `apps/${name}`);
      await passes('their code passes the linter', 'npx', 'eslint', '--max-warnings', '0', ...folders);
      await repositoryPasses('types', 'unused');
      await passes('their tests pass against the auth service', 'npm', 'test', '--', ...folders);
    })(),
    (async () => {
      await repositoryPasses('format', 'dependencies');
      await passes('the manifests pass before their first deployment', 'node', 'tests/cluster/verify.ts');
    })(),
  ]);
  for (const name of names) {
    for (const overlay of ['dev-released', 'staging', 'prod']) {
      const file = join(copy, `k8s/services/${name}/overlays/${overlay}/kustomization.yaml`);
      const document = parseDocument(readFileSync(file, 'utf8'));
      const reference = `registry.example.com/devopslocally/${name}@sha256:${'1'.repeat(64)}`;
      setImages(document, { [`devopslocally/${name}`]: reference });
      writeFileSync(file, document.toString());
    }
  }
  await passes('the manifests pass after that', 'node', 'tests/cluster/verify.ts');
  table(rows);
});
