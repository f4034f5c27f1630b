// Stores each subfolder of the given folder as a Secret in this namespace, unless all of them exist already.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '/secrets';
const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const token = readFileSync(`${account}/token`, 'utf8');
const namespace = readFileSync(`${account}/namespace`, 'utf8');
const url = `https://kubernetes.default.svc/api/v1/namespaces/${namespace}/secrets`;

async function call(method: string, path: string, body?: object): Promise<number> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok && response.status !== 404 && response.status !== 409) {
    throw new Error(`${method} ${url}${path}: ${response.status} ${await response.text()}`);
  }
  return response.status;
}

const names = readdirSync(folder)
  .filter((name) => !name.startsWith('.'))
  .sort();
const present: string[] = [];
for (const name of names) {
  if ((await call('GET', `/${name}`)) === 200) {
    present.push(name);
  }
}

if (present.length === names.length) {
  console.log(`kept ${names.join(', ')}`);
} else if (present.length > 0) {
  // They belong together: with half of a set, the service could not log in to its database.
  throw new Error(`only ${present.join(', ')} of ${names.join(', ')} exist: delete them and run this again`);
} else {
  for (const name of names) {
    const files = readdirSync(join(folder, name));
    const data = Object.fromEntries(
      files.map((file) => [file, readFileSync(join(folder, name, file)).toString('base64')]),
    );
    const metadata = { name, labels: { 'app.kubernetes.io/part-of': 'devopslocally' } };
    const status = await call('POST', '', { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data });
    console.log(`${status === 201 ? 'created' : 'kept'} ${name}`);
  }
}
