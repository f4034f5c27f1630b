import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from './support/client.ts';
import { Program } from './support/program.ts';
import { copyDatabase, testEnvironment } from './support/service.ts';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string } }[];
}

interface Export {
  resourceSpans: [{ resource: Pick<Span, 'attributes'> }];
}

const serverKind = 2;
let receiver: Server;
let received = '';
let folder: string;
let program: Program;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coverage-'));
  receiver = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => (received += text));
    request.on('end', () => {
      received += '\n';
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  receiver.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  program.child.kill('SIGKILL');
  await program.exit();
});

const start = async (overrides: NodeJS.ProcessEnv) => {
  const DATABASE_URL = await copyDatabase();
  program = new Program(testEnvironment({ DATABASE_URL, LOG_LEVEL: 'info', ...overrides }));
  return new Client(await program.url());
};
const stop = async () => {
  program.child.kill('SIGTERM');
  expect(await program.exit()).toBe(0);
};
const spans = () =>
  received
    .split('\n')
    .filter(Boolean)
    .flatMap((body) => JSON.parse(body).resourceSpans as { scopeSpans: { spans: Span[] }[] }[])
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
const attribute = (span: Span | undefined, key: string) =>
  span?.attributes.find((candidate) => candidate.key === key)?.value.stringValue;

describe('traces', () => {
  it('link a request to its statements and its log line, and contain no secrets and no probes', async () => {
    const endpoint = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}`;
    const client = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=testing',
    });
    const { accessToken, refreshToken, email } = await client.newAccount();
    await client.call('GET', '/auth/me', { token: accessToken, headers: { 'x-request-id': 'begun-here' } });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await client.call('GET', '/auth/me?secret=in-the-query', {
      token: accessToken,
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-request-id': 'begun-elsewhere' },
    });
    await client.call('GET', '/health/ready');
    await stop();

    const served = (id: string) => {
      const line = program.lines().find(({ request_id }) => request_id === id);
      const request = spans().find(({ spanId }) => spanId === line?.['parent_id']);
      expect(request).toMatchObject({ name: 'GET /auth/me', kind: serverKind, traceId: line?.['trace_id'] });
      expect(attribute(request, 'http.route')).toBe('/auth/me');
      return request;
    };
    const request = served('begun-here');
    const statements = spans().filter(
      ({ traceId: trace, name }) => trace === request?.traceId && name.startsWith('pg'),
    );
    expect(
      statements.map((span) => attribute(span, 'db.query.text') ?? attribute(span, 'db.statement')),
    ).toContainEqual(expect.stringContaining('SELECT'));
    expect(served('begun-elsewhere')).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
    const { attributes } = (JSON.parse(received.split('\n', 1)[0] ?? '') as Export).resourceSpans[0].resource;
    expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))).toMatchObject({
      'service.name': 'auth',
      'host.name': hostname(),
      'deployment.environment.name': 'testing',
    });
    for (const secret of [accessToken, refreshToken, email, 'in-the-query', '/health/']) {
      expect(received).not.toContain(secret);
    }
  });

  it('cost nothing without an endpoint: the SDK is not loaded', async () => {
    const loaded = async (overrides: NodeJS.ProcessEnv) => {
      const coverage = mkdtempSync(join(folder, 'run-'));
      const client = await start({ ...overrides, NODE_V8_COVERAGE: coverage });
      await client.call('GET', '/auth/me');
      await stop();
      const report = globSync(join(coverage, '*.json'))
        .map((file) => readFileSync(file, 'utf8'))
        .join('');
      const packages = report.matchAll(/file:[^"]+node_modules\/(@opentelemetry\/[a-z-]+)\//g);
      return [...new Set(Array.from(packages, ([, name]) => name))];
    };
    // prom-client loads the API package, which does nothing by itself
    expect(await loaded({})).toEqual(['@opentelemetry/api']);
    expect(await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).toContain('@opentelemetry/sdk-trace');
  });
});
