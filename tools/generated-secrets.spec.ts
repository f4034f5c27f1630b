// k8s/components/generated-secrets against an HTTP server that answers as the API server does for Secrets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from './lib/root.ts';
import { CommandError, run } from './lib/run.ts';

type Values = Record<string, string>;
interface Secret {
  metadata: { name: string; resourceVersion?: string };
  data: Values;
}

const component = join(root, 'k8s/components/generated-secrets');
const namespace = 'devopslocally-dev';
const ordersNamespace = 'devopslocally-orders-dev';
/** The namespaces that the Job's account may use. */
const permitted = new Set([namespace]);
const secrets = new Map<string, Secret>();
/** The Secret whose creation fails once. */
let failing = '';

/** The status and body of a request, after https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
function answer(method: string, name: string, body: Secret | undefined): [number, object?] {
  const secret = secrets.get(name);
  if (method === 'POST' && body) {
    if (body.metadata.name === failing) {
      failing = '';
      return [503];
    }
    if (secrets.has(body.metadata.name)) {
      return [409];
    }
    secrets.set(body.metadata.name, { ...body, metadata: { ...body.metadata, resourceVersion: '1' } });
    return [201];
  }
  if (!secret) {
    return [404];
  }
  if (method === 'PATCH' && body) {
    if (body.metadata.resourceVersion !== secret.metadata.resourceVersion) {
      return [409];
    }
    const resourceVersion = `${Number(secret.metadata.resourceVersion) + 1}`;
    secrets.set(name, {
      metadata: { ...secret.metadata, resourceVersion },
      data: { ...secret.data, ...body.data },
    });
  }
  return [200, secret];
}

const server = createServer((request, response) => {
  void text(request).then((body) => {
    const [, home = '', name = ''] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/?(.*)$/.exec(request.url ?? '') ?? [];
    const parsed = body ? (JSON.parse(body) as Secret) : undefined;
    const isOrders = (name || parsed?.metadata.name) === 'orders';
    const allowed =
      request.headers.authorization === 'Bearer token' &&
      permitted.has(home) &&
      home === (isOrders ? ordersNamespace : namespace);
    const [status, result] = allowed ? answer(request.method ?? '', name, parsed) : [403];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? {}));
  });
});
const folder = mkdtempSync(join(tmpdir(), 'generated-secrets-'));

/** Runs the generator, here for these databases, and returns the folder of the set. */
async function generate(set: string, databases: string): Promise<string> {
  const script = join(folder, 'generate.sh');
  const committed = readFileSync(join(component, 'generate.sh'), 'utf8');
  writeFileSync(script, committed.replace(/databases=\(.*\)/, `databases=(${databases})`));
  await run('bash', [script, join(folder, set), namespace]);
  return join(folder, set);
}

/** Stores a set as the Job does. Returns what it prints. */
const store = (set: string) =>
  run(process.execPath, [
    join(component, 'store.ts'),
    set,
    folder,
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    '3',
  ]);
const refused = (set: string) =>
  store(set).then(
    () => '',
    (error: unknown) => (error as CommandError).output,
  );

const value = (name: string, key: string) => Buffer.from(secrets.get(name)?.data[key] ?? '', 'base64').toString();
const all = () => Object.fromEntries([...secrets].map(([name, { data }]) => [name, data]));

let first = '';
let second = '';
let withOrders = '';
beforeAll(async () => {
  writeFileSync(join(folder, 'token'), 'token');
  writeFileSync(join(folder, 'namespace'), namespace);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  first = await generate('first', 'auth');
  second = await generate('second', 'auth');
  withOrders = await generate('with-orders', 'auth orders');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  secrets.clear();
  permitted.add(ordersNamespace);
  await store(first);
});

describe('generated secrets', () => {
  it('keeps all of them when it runs again', async () => {
    const before = all();
    expect(Object.keys(before)).toHaveLength(5);
    await store(second);
    expect(all()).toEqual(before);
  });

  it("adds another database's Secret and password, and changes no other value", async () => {
    const before = all();
    await store(withOrders);
    const { orders, ...others } = all();
    const { orders: password, 'orders-alternate': alternate, ...credentials } = others['postgres-credentials'] ?? {};
    expect({ ...others, 'postgres-credentials': credentials }).toEqual(before);
    expect(alternate).toBeDefined();
    expect(Object.keys(orders ?? {}).sort()).toEqual(['ca.crt', 'database-url']);
    expect(value('orders', 'database-url')).toBe(
      `postgresql://orders:${Buffer.from(password ?? '', 'base64').toString()}@postgres.devopslocally-dev:5432/orders` +
        '?sslmode=verify-full&sslrootcert=/etc/orders/secrets/ca.crt',
    );
    expect(value('orders', 'ca.crt')).toBe(value('auth', 'ca.crt'));
  });

  it("leaves out a service whose namespace isn't there, and adds it when it has come, also meanwhile", async () => {
    permitted.delete(ordersNamespace);
    expect(await store(withOrders)).toContain('left out orders');
    expect(secrets.has('orders')).toBe(false);
    expect(value('postgres-credentials', 'orders')).not.toBe('');
    const waiting = store(withOrders);
    setTimeout(() => permitted.add(ordersNamespace), 1000);
    expect(await waiting).toContain('created orders');
    expect(value('orders', 'database-url')).toContain(`//orders:${value('postgres-credentials', 'orders')}@`);
  });

  it('takes the password of a database from postgres-credentials', async () => {
    const credentials = secrets.get('postgres-credentials');
    Object.assign(credentials?.data ?? {}, { orders: Buffer.from('chosen').toString('base64') });
    await store(withOrders);
    expect(value('postgres-credentials', 'orders')).toBe('chosen');
    expect(value('orders', 'database-url')).toContain('//orders:chosen@');
  });

  it('takes lost credentials from the URLs that hold them', async () => {
    secrets.delete('postgres-credentials');
    await store(second);
    expect(value('auth', 'database-url')).toContain(`//auth:${value('postgres-credentials', 'auth')}@`);
  });

  it.each([
    ['auth', 'kubectl exec -n devopslocally-dev deployment/auth -c auth -- cat /etc/auth/secrets/key-encryption-keys'],
    [
      'pgbackrest',
      'kubectl exec -n devopslocally-dev postgres-0 -c pgbackrest -- cat /etc/pgbackrest/conf.d/repository.conf',
    ],
    ['maintenance-tls', 'make rotate NAMESPACE=devopslocally-dev WHAT=tls'],
  ])('does not replace %s, says how to get it back, and adds what it can', async (name, command) => {
    secrets.delete(name);
    const before = all();
    const output = await refused(withOrders);
    expect(output).toContain(`${name} is missing`);
    expect(output).toContain(command);
    expect(output).not.toContain('delete');
    expect([...secrets.keys()].sort()).toEqual([...Object.keys(before), 'orders'].sort());
    expect(all()).toMatchObject(before);
  });

  it('completes a first run that ended early, with the same set', async () => {
    secrets.clear();
    failing = 'postgres-tls';
    expect(await refused(first)).toContain('503');
    expect(secrets.has('auth')).toBe(true);
    await store(first);
    expect(secrets.size).toBe(5);
    expect(value('postgres-tls', 'ca.crt')).toBe(value('auth', 'ca.crt'));
  });
});
