import { describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../lib/root.ts';
import { addDatabase } from './manifests.ts';

describe('npm run new:service', () => {
  it.each([
    ['apps/auth/main.ts', 'auth', 'apps/auth'],
    ['k8s/base/postgres/service.yaml', 'postgres', 'k8s/base/postgres'],
    ['k8s/components/ingress/ingress.yaml', 'ingress', 'k8s/components/ingress'],
    ['k8s/base/limit-range.yaml', 'limit-range', 'k8s/base/limit-range.yaml'],
  ])('refuses a name that %s has', (file, name, taken) => {
    const folder = mkdtempSync(join(tmpdir(), 'new-service-'));
    try {
      for (const path of ['k8s/README.md', file]) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), 'kept');
      }
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'tools/new-service/main.ts'), name], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: `${taken} already exists\n` });
      expect(readFileSync(join(folder, file), 'utf8')).toBe('kept');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with a database, gives it a role, a password, a Secret and its share of the connections in dev', () => {
    const files = new Map(addDatabase(root, 'order-history'));
    expect(files.get('k8s/components/generated-secrets/generate.sh')).toContain('\ndatabases=(auth order-history)\n');
    expect(parse(files.get('k8s/components/generated-secrets/role.yaml') ?? '')).toMatchObject({
      rules: [{}, { resourceNames: expect.arrayContaining(['order-history', 'postgres-credentials']) }],
    });
    expect(parse(files.get('k8s/overlays/dev/kustomization.yaml') ?? '')).toMatchObject({
      configMapGenerator: expect.arrayContaining([
        {
          name: 'postgres-settings',
          behavior: 'merge',
          literals: ['DATABASES=auth,order-history', 'CONNECTIONS_PER_DATABASE=53'],
        },
      ]),
    });
  });
});
