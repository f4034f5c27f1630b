import { describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { root } from './lib/root.ts';

const { PATH = '', HOME = '' } = process.env;

/** Runs make in the given environment. */
const makeIn = (environment: Record<string, string>, ...args: string[]) =>
  spawnSync('make', args, { cwd: root, env: { PATH, HOME, ...environment }, encoding: 'utf8' });

/** Runs make without any argument in the environment. */
const make = (...args: string[]) => makeIn({}, ...args);

describe('make', () => {
  it.each([
    ['rotate', 'NAMESPACE=… WHAT=…'],
    ['restore', 'FILE=…'],
    ['seal', 'ENVIRONMENT=… CERTIFICATE=…'],
    ['seal-value', 'ENVIRONMENT=… SECRET=… KEY=…'],
    ['reseal', 'ENVIRONMENT=…'],
    ['deploy', 'ENVIRONMENT=… IMAGES=…'],
    ['promote', 'FROM=… ENVIRONMENT=…'],
    ['rollback', 'ENVIRONMENT=… COMMIT=…'],
    ['drill-deploy', 'GITOPS_ROOT=…'],
    ['drill-gitops', 'GITOPS_ROOT=…'],
    ['drill-ingress', 'INGRESS_ADDRESS=…'],
    ['drill-sso', 'INGRESS_ADDRESS=…'],
    ['drill-kubectl', 'SET_AUTHENTICATION=…'],
    ['drill-encryption-at-rest', 'ETCD_URL=…'],
    ['drills', 'INGRESS_ADDRESS=… GITOPS_ROOT=…'],
  ])('%s without its arguments prints its usage and builds nothing', (target, usage) => {
    const { status, stdout, stderr } = make(target);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`usage: make ${target} ${usage} `);
  });

  it.each([
    ['seal', ['ENVIRONMENT=monitoring', 'CERTIFICATE=file'], 'ENVIRONMENT=… CERTIFICATE=… WEBHOOK_URL=…'],
    ['rotate', ['NAMESPACE=devopslocally-dev'], 'NAMESPACE=… WHAT=…'],
    ['test-postgres', ['POSTGRES=15'], 'POSTGRES=16|17|18'],
  ])('%s with some of them does too', (target, given, usage) => {
    const { status, stderr } = make(target, ...given, '--assume-old=node_modules/.package-lock.json');
    expect(status).toBe(2);
    expect(stderr).toContain(`usage: make ${target} ${usage}`);
  });

  it('rotate with an unknown secret prints the known ones', () => {
    const { status, stderr } = make('rotate', 'NAMESPACE=devopslocally-dev', 'WHAT=everything');
    expect(status).toBe(2);
    expect(stderr).toContain('usage: rotate.sh NAMESPACE password|tls|signing-keys|');
  });

  it('chooses what it replaces by its command line, not by the environment', () => {
    const exported = { NAMESPACE: 'devopslocally-prod', COMPOSE: '1', REPLACE: '1' };
    const restore = ['--dry-run', 'restore', 'FILE=file'];
    expect(makeIn(exported, ...restore).stdout).not.toMatch(/--(namespace|compose|replace)/);
    expect(makeIn(exported, '--dry-run', 'backup').stdout).not.toMatch(/--(namespace|compose)/);
    expect(makeIn(exported, ...restore, 'COMPOSE=1').stdout).toMatch(/ -- file +--compose$/m);
    const environment = 'devopslocally-staging';
    const named = [`NAMESPACE=${environment}`, `REPLACE=${environment}`];
    expect(makeIn(exported, ...restore, ...named).stdout).toContain(
      `-- file --replace=${environment} --namespace=${environment}`,
    );
  });

  it('rotates secrets only of the namespace on its command line', () => {
    const { status, stderr } = makeIn({ NAMESPACE: 'devopslocally-prod' }, '--dry-run', 'rotate', 'WHAT=tls');
    expect(status).toBe(2);
    expect(stderr).toContain('usage: make rotate NAMESPACE=… WHAT=…');
  });

  it('backup without a passphrase says how to set one', () => {
    const { status, stderr } = make('backup', '--assume-old=node_modules/.package-lock.json');
    expect(status).toBe(2);
    expect(stderr).toContain('Backup failed. Set BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE');
    expect(stderr).not.toContain('    at ');
  });

  it('deploy passes the images of the environment on', () => {
    const images = 'devopslocally/auth=registry.example.com/devopslocally/auth@sha256:0';
    const variables = spawnSync('make', ['--print-data-base', '--question', 'help'], {
      cwd: root,
      env: { PATH, HOME, IMAGES: images },
      encoding: 'utf8',
    });
    expect(variables.stdout).toContain(`IMAGES = ${images}`);
  });
});
