/**
 * `make scan-config`: runs Trivy's checks on the Dockerfiles and on all rendered manifests. Fails on high and critical findings,
 * except those of trivy-exceptions.yaml.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, overlays } from '../lib/kustomize.ts';
import { root } from '../lib/root.ts';
import { CommandError, run } from '../lib/run.ts';

const rendered = join(root, '.cache/rendered');
rmSync(rendered, { recursive: true, force: true });
mkdirSync(rendered, { recursive: true });
const folders = [
  ...overlays(),
  'k8s/observability',
  'k8s/platform',
  'k8s/policies',
  'k8s/argocd',
  'tests/cluster/single-sign-on',
  'tests/cluster/tracing',
  'tests/cluster/image-verification',
];
for (const folder of folders) {
  writeFileSync(join(rendered, `${folder.replaceAll('/', '-')}.yaml`), await build(folder));
}

const exceptions = join(import.meta.dirname, 'trivy-exceptions.yaml');
const options = ['--quiet', '--skip-check-update', '--severity', 'HIGH,CRITICAL', '--ignorefile', exceptions];
const failed: string[] = [];
for (const folder of ['images', '.cache/rendered']) {
  await run('trivy', ['config', ...options, '--exit-code', '1', folder], { cwd: root, seconds: 180 }).catch(
    (error: unknown) => {
      failed.push(folder);
      console.error(error instanceof CommandError ? error.output : error);
    },
  );
}
console.log(
  `${folders.length} rendered folders and the Dockerfiles: ${failed.length > 0 ? 'FAILED' : 'no high or critical findings'}`,
);
process.exit(failed.length > 0 ? 1 : 0);
