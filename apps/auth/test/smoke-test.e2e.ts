import { afterEach, describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { productionSettings, startTestService, type TestService } from './support/service.ts';

const kubernetes = join(import.meta.dirname, '../../../k8s');

describe('the smoke test of a rollout', () => {
  let service: TestService;

  afterEach(() => service.stop());

  /** Runs it as its Job does, and returns what it prints. */
  const smokeTest = async (folder: string, settings: NodeJS.ProcessEnv = {}) => {
    const file = join(kubernetes, folder, 'applications.yaml');
    service = await startTestService({ ...productionSettings, ...settings, APPLICATIONS_FILE: file });
    const program = join(kubernetes, 'base/auth/smoke-test.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [program, service.url], {
      env: { ...process.env, ...settings },
    });
    return stdout;
  };

  it.each(['base/auth', 'overlays/staging', 'overlays/prod'])(
    'signs in to the application that %s declares',
    async (folder) => {
      const printed = await smokeTest(folder);
      expect(printed).toMatch(/\/openid\/userinfo +200/);
      expect(printed).toContain('smoke test passed');
    },
  );

  it('creates no account where nobody can register', async () => {
    const printed = await smokeTest('base/auth', { REGISTRATION_OPEN: 'false' });
    expect(printed).toMatch(/\/openid\/token +400/);
    expect((await service.database.query('SELECT FROM account')).rowCount).toBe(0);
  });
});
