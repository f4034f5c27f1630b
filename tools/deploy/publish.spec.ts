import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../lib/root.ts';

/** Stands in for Docker: a registry that has the images in the file `published`, and a build that fails for the file `broken`. */
const docker = `#!/bin/bash
here=$(dirname "$0")
echo "$*" >>"$here/calls"
case "$1 $2" in
  'pull --quiet') grep -qx "$3" "$here/published" ;;
  'build --quiet') [ ! -e "$here/broken" ] ;;
  'image inspect') echo "\${!#%:*}@sha256:${'1'.repeat(64)}" ;;
esac
`;
let folder: string;
const path = (name: string) => join(folder, name);

function write(name: string, text: string): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text, { mode: 0o755 });
}

const git = (...args: string[]) =>
  spawnSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
    cwd: path('repository'),
    encoding: 'utf8',
  }).stdout.trim();

/** Runs the script in the repository, and returns the image tags that it built as well. */
function publish(environment: Record<string, string> = {}) {
  write('bin/calls', '');
  const result = spawnSync('bash', [join(root, 'tools/deploy/publish.sh')], {
    cwd: path('repository'),
    env: { PATH: `${path('bin')}:${process.env['PATH'] ?? ''}`, REGISTRY: 'registry.example.com', ...environment },
    encoding: 'utf8',
  });
  const calls = readFileSync(path('bin/calls'), 'utf8');
  return { ...result, built: [...calls.matchAll(/^build .*--tag (\S+)/gm)].map(([, image]) => image) };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'publish-'));
  write('bin/docker', docker);
  write('bin/published', '');
  write('repository/.gitignore', '.cache\n');
  write('repository/images/postgres.Dockerfile', 'FROM scratch\n');
  write('repository/apps/auth/main.ts', '');
  write('repository/apps/auth/tsconfig.app.json', '{}');
  write('repository/apps/console/main.tsx', '');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'chore: begin');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('publish.sh', () => {
  const images = ['registry.example.com/devopslocally/postgres', 'registry.example.com/devopslocally/auth'];

  it("gives the workflow's images the commit as their tag, and prints their digests", () => {
    const { status, stdout, built } = publish({ GITHUB_ACTIONS: 'true' });
    expect(status).toBe(0);
    expect(built).toEqual(images.map((image) => `${image}:${git('rev-parse', 'HEAD')}`));
    expect(stdout).toContain(`devopslocally/auth=${images[1] ?? ''}@sha256:1`);
  });

  it('gives images of other machines another tag, which the workflow does not find', () => {
    const { status, built } = publish();
    expect(status).toBe(0);
    expect(built).toEqual(images.map((image) => `${image}:local-${git('rev-parse', 'HEAD')}`));
    write('bin/published', built.join('\n'));
    expect(publish().built).toEqual([]);
    expect(publish({ GITHUB_ACTIONS: 'true' }).built).toHaveLength(2);
  });

  it('fails if a build fails', () => {
    write('bin/published', '');
    write('bin/broken', '');
    rmSync(path('repository/.cache'), { recursive: true });
    const { status, stdout, built } = publish();
    rmSync(path('bin/broken'));
    expect({ failed: status !== 0, stdout, built: built.length }).toEqual({ failed: true, stdout: '', built: 1 });
    expect(existsSync(path('repository/.cache/release.env'))).toBe(false);
  });

  it.each(['apps/auth/main.ts', 'apps/auth/new.ts', 'apps/console/main.tsx'])(
    'refuses a change of %s that is not committed',
    (file) => {
      write(`repository/${file}`, 'changed');
      const { status, stdout, stderr } = publish();
      git('checkout', '--quiet', '.');
      git('clean', '--quiet', '--force');
      expect({ status, stdout }).toEqual({ status: 65, stdout: '' });
      expect(stderr).toContain('refused: the inputs of devopslocally/auth have changes that are not committed');
      expect(stderr).toContain(file);
    },
  );
});
