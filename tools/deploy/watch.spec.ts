import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { watchCommitStatus } from './watch.ts';

/** Responses by commit, as https://docs.github.com/rest/commits/statuses specifies them. */
const statuses: Record<string, object[]> = {
  none: [],
  good: [
    { context: 'argocd/prod', state: 'failure', description: 'another environment' },
    { context: 'argocd/staging', state: 'success', description: null },
  ],
  bad: [{ context: 'argocd/staging', state: 'failure', description: 'Failed, Degraded' }],
};
const server = createServer((request, response) => {
  const commit = /^\/repos\/owner\/name\/commits\/(\w+)\/status\?/.exec(request.url ?? '')?.[1] ?? '';
  const allowed = request.headers.authorization === 'Bearer token' && statuses[commit];
  response.statusCode = allowed ? 200 : 404;
  response.end(JSON.stringify({ state: 'pending', statuses: statuses[commit] }));
});
let api = '';

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repos/owner/name`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('commit status', () => {
  it('gives the outcome for its environment', async () => {
    const watch = watchCommitStatus(api, 'token');
    expect(await watch('staging', ['none'])).toBe('pending');
    expect(await watch('staging', ['none', 'good'])).toBe('healthy');
    expect(await watch('prod', ['good'])).toEqual({ failed: 'another environment' });
    expect(await watch('staging', ['bad', 'good'])).toEqual({ failed: 'Failed, Degraded' });
  });

  it('fails if it cannot be read', async () => {
    await expect(watchCommitStatus(api, 'wrong')('staging', ['good'])).rejects.toThrow('404');
  });
});
