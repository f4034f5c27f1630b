import { expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './lib/until.ts';

it('an embedded PostgreSQL ends with a process that exits without stopping it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-postgres-'));
  try {
    const script = `
      import { startPostgres } from '${join(import.meta.dirname, 'embedded-postgres.ts')}';
      process.stdout.write((await startPostgres('${folder}')).url('postgres'));
      process.exit();`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    const port = Number(new URL(stdout).port);
    const refused = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.destroy();
          resolve(false);
        }).once('error', () => resolve(true));
      });
    expect(await until('the server to refuse connections', 60, refused)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});
