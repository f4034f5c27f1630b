import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../lib/root.ts';

const { PATH = '' } = process.env;
const namespace = 'devopslocally-prod';
// names the kube context; a machine without a cluster may lack it
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
const itWithKubectl = hasKubectl ? it : it.skip;
let folder: string;
let kubeconfig: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'database-'));
  kubeconfig = join(folder, 'kubeconfig');
  // nothing listens there
  const cluster = { name: 'c', cluster: { server: 'https://127.0.0.1:1' } };
  const contexts = [{ name: 'cluster-of-prod', context: { cluster: 'c', user: 'u' } }];
  const users = [{ name: 'u', user: {} }];
  writeFileSync(
    kubeconfig,
    JSON.stringify({ kind: 'Config', clusters: [cluster], contexts, users, 'current-context': 'cluster-of-prod' }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Restores a file that does not exist, which is noticed after the database was chosen. */
const restore = (args: string[], environment: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(root, 'tools/restore.ts'), join(folder, 'none'), ...args], {
    env: { PATH, KUBECONFIG: kubeconfig, BACKUP_PASSPHRASE: 'long enough to be accepted', ...environment },
    encoding: 'utf8',
  });

describe('the database of a restore', () => {
  it.each([
    ['compose.yaml', ['--compose'], {}, 'the database of compose.yaml'],
    ['make start', [], {}, 'the database of `make start`'],
    ['DATABASE_URL', [], { DATABASE_URL: 'postgresql://u:secret@db.example.com/auth' }, 'auth on db.example.com:5432'],
  ])('%s is printed', (_name, args, environment, description) => {
    const { status, stdout, stderr } = restore(args, environment);
    expect(status).toBe(1);
    expect(stdout).toContain(description);
    expect(stdout + stderr).not.toContain('secret');
    expect(stderr).toContain('none.json does not exist');
  });

  itWithKubectl('in a cluster is printed with its kube context, and replaced only if REPLACE is the namespace', () => {
    const where = `the database of auth in the namespace ${namespace} of the kube context cluster-of-prod`;
    const refused = restore([`--namespace=${namespace}`, '--replace=1']);
    expect(refused.status).toBe(1);
    expect(refused.stdout).toContain(where);
    expect(refused.stderr).toContain(`This is ${where}. To replace its contents, pass REPLACE=${namespace}.`);
    const allowed = restore([`--namespace=${namespace}`, `--replace=${namespace}`]);
    expect(allowed.stderr).toContain('none.json does not exist');
  });

  it('is one', () => {
    const { status, stdout, stderr } = restore([`--namespace=${namespace}`, '--compose']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('NAMESPACE and COMPOSE choose two databases.');
  });

  it.each([
    ['another host', { DATABASE_URL: 'postgresql://u@db.example.com/auth' }, 'db.example.com'],
    ['this machine', { DATABASE_URL: 'postgresql://u@localhost/auth' }, '1'],
  ])('of %s is replaced only if REPLACE names it', (_name, environment, replace) => {
    const refused = restore(['--replace=yes'], environment);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`To replace its contents, pass REPLACE=${replace}.`);
    expect(restore([`--replace=${replace}`], environment).stderr).toContain('none.json does not exist');
  });
});
