import { expect, it } from '@jest/globals';
import { loadAuthConfig } from '../src/config.ts';
import { startService } from '../src/service.ts';
it('runs', async () => {
  const s = await startService(loadAuthConfig({ PORT: '0', METRICS_PORT: '0', HOST: '127.0.0.1', NODE_ENV: 'test', DATABASE_URL: process.env['TEST_DATABASE_SERVER'] + 'template', KEY_ENCRYPTION_KEYS: Buffer.alloc(32).toString('base64') }));
  expect((await fetch(s.url + '/health/ready')).status).toBe(200);
  await s.stop();
});
