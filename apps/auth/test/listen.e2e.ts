import { expect, it } from 'vitest';
import { startTestService } from './support/service.ts';

const status = async (url: string, host: string) =>
  (await fetch(url.replace('127.0.0.1', host), { signal: AbortSignal.timeout(60_000) })).status;

it('both ports accept IPv4 and IPv6 by default', async () => {
  const { url, metricsUrl } = await startTestService({ HOST: undefined });
  for (const address of [`${url}/health/live`, metricsUrl]) {
    expect(await status(address, '127.0.0.1')).toBe(200);
    expect(await status(address, '[::1]')).toBe(200);
  }
});

it('HOST restricts both ports to one IP address', async () => {
  const { url, metricsUrl } = await startTestService({ HOST: '127.0.0.1' });
  for (const address of [`${url}/health/live`, metricsUrl]) {
    expect(await status(address, '127.0.0.1')).toBe(200);
    await expect(status(address, '[::1]')).rejects.toThrow('fetch failed');
  }
});
