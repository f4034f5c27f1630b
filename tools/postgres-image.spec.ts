import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './lib/root.ts';

const scripts = join(root, 'images/postgres');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postgres-image-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'credentials'));
  for (const role of ['auth', 'maintenance', 'monitoring']) {
    writeFileSync(join(folder, 'credentials', role), 'a password');
  }
  copyFileSync(join(scripts, 'postgresql.conf'), join(folder, 'postgresql.conf'));
  // the scripts, with the image's folder of settings moved
  for (const name of ['credentials.sh', 'create.sh', 'entrypoint.sh', 'major-version.sh']) {
    const text = readFileSync(join(scripts, name), 'utf8')
      .replaceAll('/etc/postgresql', folder)
      .replaceAll('/var/lib/pgbackrest', join(folder, 'backups'));
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of the image as a user who owns nothing. */
function run(script: string, environment: Record<string, string>) {
  const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, ...environment };
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  return spawnSync('bash', [join(folder, script)], { env, ...user, cwd: '/', encoding: 'utf8' });
}

describe('the image of PostgreSQL', () => {
  it('accepts databases with a password', () => {
    expect(run('credentials.sh', { DATABASES: 'auth' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses to start with a database whose role has no password', () => {
    const PGDATA = join(folder, 'data', '17');
    const { status, stderr } = run('entrypoint.sh', { DATABASES: 'auth,orders', PGDATA });
    expect(status).toBe(78);
    expect(stderr).toMatch(/^no password for orders: .* Secret postgres-credentials/);
  });

  it('refuses databases that need more connections than there are', () => {
    writeFileSync(join(folder, 'credentials', 'orders'), 'a password');
    const { status, stderr } = run('credentials.sh', { DATABASES: 'auth,orders' });
    expect(status).toBe(78);
    expect(stderr).toContain('set CONNECTIONS_PER_DATABASE to 53 or less');
    expect(run('credentials.sh', { DATABASES: 'auth,orders', CONNECTIONS_PER_DATABASE: '53' }).status).toBe(0);
  });

  it.each([
    ['unasked', {}],
    ['when it is asked to upgrade another one', { UPGRADE_FROM: '15' }],
  ])('does not start beside data of another major version, %s', (_case, environment) => {
    const volume = mkdtempSync(join(folder, 'volume-'));
    chmodSync(volume, 0o755);
    for (const [name, major] of [
      ['16', '16'],
      // what is left of an interrupted restore
      ['17.restored', '17'],
    ] as const) {
      mkdirSync(join(volume, name));
      writeFileSync(join(volume, name, 'PG_VERSION'), `${major}\n`);
    }
    const PGDATA = join(volume, '17');
    const { status, stderr } = run('entrypoint.sh', { DATABASES: 'auth', PGDATA, ...environment });
    expect(status).toBe(78);
    expect(stderr).toContain('The volume has data of PostgreSQL 16, and this image runs 17. Nothing is changed.');
  });

  it('starts on its data after an upgrade of them was interrupted', () => {
    const PGDATA = join(mkdtempSync(join(folder, 'volume-')), '17');
    mkdirSync(join(PGDATA, 'global'), { recursive: true });
    writeFileSync(join(PGDATA, 'PG_VERSION'), '17\n');
    writeFileSync(join(PGDATA, 'global/pg_control.old'), 'control');
    spawnSync('chown', ['-R', '65534:65534', join(PGDATA, '..')]);
    expect(run('major-version.sh', { PGDATA })).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(PGDATA, 'global/pg_control'), 'utf8')).toBe('control');
  });

  it.each(['data', 'backups'])('says what to do about a volume for %s that ignores fsGroup', (volume) => {
    for (const name of ['data', 'backups']) {
      mkdirSync(join(folder, name), { recursive: true });
      chmodSync(join(folder, name), name === volume ? 0o555 : 0o777);
    }
    const PGDATA = join(folder, 'data', '17');
    const { status, stderr } = run('entrypoint.sh', { DATABASES: 'auth', PGBACKREST_STANZA: 'main', PGDATA });
    expect(status).toBe(73);
    expect(stderr).toContain(`${join(folder, volume)} is not writable for user `);
    expect(stderr).toContain('Run chown -R ');
  });
});
