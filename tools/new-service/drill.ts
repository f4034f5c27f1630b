/**
 * `make drill-new-service`: generates a service with a database in a copy of the repository and verifies that the copy passes all
 * checks, the service's tests and the checks of the manifests.
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

const name = 'order-history';

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
  await passes(
    'npm run new:service generates a service with a database',
    'npm',
    'run',
    'new:service',
    name,
    '--',
    '--database',
  );
  const repositoryPasses = async (...rules: string[]) => {
    for (const rule of rules) {
      await passes(`${rule}: the whole repository passes`, 'npm', 'run', `check:${rule}`);
    }
  };
  // two at a time: each of them keeps one processor busy
  await Promise.all([
    (async () => {
      await passes('the service’s code passes the linter', 'npx', 'eslint', '--max-warnings', '0', `apps/${name}`);
      await repositoryPasses('types', 'unused');
      await passes('the tests of the new service pass against the auth service', 'npm', 'test', '--', `apps/${name}`);
    })(),
    (async () => {
      await repositoryPasses('format', 'dependencies');
      await passes('the manifests pass before its first deployment', 'node', 'tests/cluster/verify.ts');
    })(),
  ]);
  for (const overlay of ['dev-released', 'staging', 'prod']) {
    const file = join(copy, `k8s/overlays/${overlay}/kustomization.yaml`);
    const document = parseDocument(readFileSync(file, 'utf8'));
    setImages(document, {
      [`devopslocally/${name}`]: `registry.example.com/devopslocally/${name}@sha256:${'1'.repeat(64)}`,
    });
    writeFileSync(file, document.toString());
  }
  await passes('the manifests pass after it', 'node', 'tests/cluster/verify.ts');
  table(rows);
});
