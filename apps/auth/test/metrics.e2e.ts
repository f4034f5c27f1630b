import { beforeAll, expect, it } from 'vitest';
import { Client, newEmail } from './support/client.ts';
import { startTestService, type TestService } from './support/service.ts';

let service: TestService;
let client: Client;

beforeAll(async () => {
  service = await startTestService();
  client = new Client(service.url);
});

const metrics = async () => (await fetch(service.metricsUrl)).text();
/** The value of a series, or undefined if there is none. */
const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

it('are served only on the metrics port', async () => {
  expect((await client.call('GET', '/metrics')).status).toBe(404);
  const response = await fetch(service.metricsUrl);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('application/openmetrics-text'),
  ]);
  expect((await fetch(new URL('/auth/me', service.metricsUrl))).status).toBe(404);
});

it('cover requests, logins, refreshes, the connection pool, the hash queue, the event loop and the build', async () => {
  const { email, refreshToken } = await client.newAccount();
  const before = await metrics();
  await client.login(email, 'not-the-password');
  await client.refresh(refreshToken);
  await client.refresh(refreshToken);
  await client.refresh('rt_forged');
  const text = await metrics();
  // the other services of this process count too
  for (const [series, increase] of [
    ['http_request_duration_seconds_count{method="POST",route="/auth/login",status="401"}', 1],
    ['auth_logins_total{result="succeeded"}', 0],
    ['auth_logins_total{result="failed"}', 1],
    ['auth_refreshes_total{result="rotated"}', 1],
    ['auth_refreshes_total{result="repeated"}', 1],
    ['auth_refreshes_total{result="invalid"}', 1],
    ['auth_refreshes_total{result="reused"}', 0],
    ['database_unavailable_total', 0],
  ] as const) {
    expect([series, valueOf(text, series)]).toEqual([series, (valueOf(before, series) ?? 0) + increase]);
  }
  expect(valueOf(text, 'auth_logins_total{result="succeeded"}')).toBeGreaterThan(0);
  expect(valueOf(text, 'auth_hash_queue{state="waiting"}')).toBe(0);
  expect(valueOf(text, 'database_pool_connections{state="waiting"}')).toBe(0);
  expect(valueOf(text, 'auth_signing_key_rotation_interval_seconds')).toBe(2592000);
  const keySince = Number(/^auth_signing_key_active_since_timestamp_seconds (\S+)/m.exec(text)?.[1]);
  expect(Math.abs(Date.now() / 1000 - keySince)).toBeLessThan(60);
  expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/);
  expect(text).toMatch(/build_info\{service="auth",version="[^"]+",node="v24[^"]+"\} 1/);
});

it('have exemplars that link a latency bucket to a trace', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  await client.call('GET', '/.well-known/jwks.json', { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
  expect(await metrics()).toMatch(
    new RegExp(
      `duration_seconds_bucket\\{[^}]*route="/.well-known/jwks.json"[^}]*\\} \\d+ # \\{trace_id="${trace}"\\}`,
    ),
  );
});

it('have the same number of series for many URLs as for one', async () => {
  const series = async () => (await metrics()).split('\n').filter((line) => line.startsWith('http_request')).length;
  await client.call('GET', '/nowhere');
  await client.call('DELETE', '/auth/sessions/0', { token: 'x' });
  const before = await series();
  await Promise.all(Array.from({ length: 200 }, (_, i) => client.call('GET', `/${newEmail()}/${String(i)}`)));
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => client.call('DELETE', `/auth/sessions/${String(i)}`, { token: 'x' })),
  );
  expect(await series()).toBe(before);
});
