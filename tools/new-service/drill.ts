/**
 * `make drill-new-service`: generates a service in a copy of the repository and lets it pass what every change must pass: checks,
 * its own tests, the manifests; then it is thrown away.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  const rows: { what: string; seconds: string }[] = [];
  const passes = async (claim: string, command: string, ...args: string[]) => {
    const started = Date.now();
    const output = await run(command, args, { cwd: copy, seconds: 400 }).catch((error: unknown) => {
      log(String(error));
      return undefined;
    });
    rows.push({ what: [command, ...args].slice(0, 4).join(' '), seconds: ((Date.now() - started) / 1000).toFixed(1) });
    check(claim, output !== undefined);
  };
  await passes('a service is generated', 'npm', 'run', 'new:service', name);
  await passes('it passes format, lint, types, dependency rules and dead code', 'npm', 'run', 'check');
  await passes('its tests pass against the auth service', 'npm', 'test', '--', `apps/${name}`);
  await passes('its manifests pass', 'node', 'tests/cluster/verify.ts');
  table(rows);
});
