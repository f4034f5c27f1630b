/** `make scan-config`: Trivy's checks of the Dockerfiles and of every overlay as it is rendered; high and critical ones fail. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, run } from '../../tests/cluster/lib/kubectl.ts';
import { build, root } from '../../tests/cluster/lib/manifests.ts';

const rendered = join(root, '.cache/rendered');
rmSync(rendered, { recursive: true, force: true });
mkdirSync(rendered, { recursive: true });
const overlays = readdirSync(join(root, 'k8s/overlays'));
for (const overlay of overlays)
  writeFileSync(join(rendered, `${overlay}.yaml`), await build(`k8s/overlays/${overlay}`));

const options = ['--quiet', '--skip-check-update', '--severity', 'HIGH,CRITICAL', '--exit-code', '1'];
const failed: string[] = [];
for (const folder of ['images', '.cache/rendered']) {
  await run('trivy', ['config', ...options, folder], { cwd: root, seconds: 180 }).catch((error: unknown) => {
    failed.push(folder);
    console.error(error instanceof CommandError ? error.output : error);
  });
}
console.log(
  `${overlays.length} overlays and the Dockerfiles: ${failed.length > 0 ? 'FAILED' : 'nothing high or critical'}`,
);
process.exit(failed.length > 0 ? 1 : 0);
