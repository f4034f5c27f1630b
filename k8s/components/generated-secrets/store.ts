// Stores each subfolder of a folder as a Secret in this namespace, or in that of the service which it is for. Adds what is missing and
// never changes a value that exists.
//   store.ts FOLDER SERVICE_ACCOUNT_FOLDER API_SERVER SECONDS: how long it waits for the namespaces of services
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Values = Record<string, string>;

const [folder = '', account = '', server = '', seconds] = process.argv.slice(2);
const token = readFileSync(join(account, 'token'), 'utf8');
const namespace = readFileSync(join(account, 'namespace'), 'utf8');
const shared = 'postgres-credentials';

// What these Secrets decrypt exists already when other Secrets do. New ones would hide that, and replace the copies in the pods.
const irreplaceable: Record<string, string> = {
  auth: `its key-encryption-keys decrypt what the database stores. Restore the Secret from your copy. A running pod still has it:
  kubectl exec -n ${namespace} deployment/auth -c auth -- cat /etc/auth/secrets/key-encryption-keys`,
  pgbackrest: `its passphrase decrypts the backups. Restore the Secret from your copy. A running pod still has it:
  kubectl exec -n ${namespace} postgres-0 -c pgbackrest -- cat /etc/pgbackrest/conf.d/repository.conf
  In a database cluster, the pod is postgres-repository-0.`,
};

async function call(method: string, url: string, body?: object): Promise<Response> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok && !(method === 'GET' && [403, 404].includes(response.status))) {
    throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  }
  return response;
}

const convert = (values: Values, from: BufferEncoding, to: BufferEncoding): Values =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value, from).toString(to)]));

// the irreplaceable ones first: if a first run ends early, they exist when others do
const names = readdirSync(folder)
  .filter((name) => !name.startsWith('.'))
  .sort((a, b) => Number(b in irreplaceable) - Number(a in irreplaceable) || a.localeCompare(b));
const generated = Object.fromEntries(
  names.map((name) => {
    const read = (file: string) => [file, readFileSync(join(folder, name, file), 'utf8')];
    return [name, Object.fromEntries(readdirSync(join(folder, name)).map(read)) as Values];
  }),
);
/** The Secrets of the namespace that a Secret belongs to. */
const home = (name: string) => {
  const isService = name !== 'auth' && generated[name]?.['database-url'] !== undefined;
  return isService ? namespace.replace('devopslocally', `devopslocally-${name}`) : namespace;
};
const url = (name: string) => `${server}/api/v1/namespaces/${home(name)}/secrets`;
const stored: Record<string, Values> = {};
const versions: Values = {};
const deadline = Date.now() + Number(seconds) * 1000;
for (const name of [...names]) {
  let response = await call('GET', `${url(name)}/${name}`);
  // a service's namespace and its Role may come with the same deployment
  while (response.status === 403 && home(name) !== namespace && Date.now() < deadline) {
    await sleep(2000);
    response = await call('GET', `${url(name)}/${name}`);
  }
  if (response.status === 403) {
    if (home(name) === namespace) {
      throw new Error(`not allowed to read the Secret ${name}: ${await response.text()}`);
    }
    console.log(
      `left out ${name}: no Role in ${home(name)} permits it yet. Sync this environment once more when the service is there`,
    );
    names.splice(names.indexOf(name), 1);
  } else if (response.ok) {
    const { metadata, data } = (await response.json()) as { metadata: { resourceVersion: string }; data?: Values };
    stored[name] = convert(data ?? {}, 'base64', 'utf8');
    versions[name] = metadata.resourceVersion;
  }
}
const exists = (name: string, key: string) => stored[name]?.[key] !== undefined;
const wanted = Object.fromEntries(names.map((name) => [name, { ...generated[name], ...stored[name] }]));

// a password is in two Secrets: a missing one is taken from the other
const urls = names.filter((name) => wanted[name]?.['database-url'] !== undefined);
const login = (name: string) => new URL(wanted[name]?.['database-url'] ?? '');
for (const name of urls.filter((each) => exists(each, 'database-url'))) {
  const { username, password } = login(name);
  if (generated[shared]?.[username] !== undefined && !exists(shared, username)) {
    wanted[shared] = { ...wanted[shared], [username]: password };
  }
}
for (const name of urls.filter((each) => !exists(each, 'database-url'))) {
  const target = login(name);
  target.password = wanted[shared]?.[target.username] ?? '';
  wanted[name] = { ...wanted[name], 'database-url': target.href };
}

// all trust the authority that exists, whose key is not kept
const authority = ['postgres-tls', ...names]
  .map((name) => stored[name]?.['ca.crt'])
  .find((found) => found !== undefined);
const refused: Values = {};
for (const name of names.filter((each) => generated[each]?.['ca.crt'] !== undefined)) {
  if (authority !== undefined && !exists(name, 'ca.crt')) {
    wanted[name] = { ...wanted[name], 'ca.crt': authority };
  }
  const incomplete = ['tls.crt', 'tls.key'].some((key) => generated[name]?.[key] !== undefined && !exists(name, key));
  if (incomplete && authority !== undefined && authority !== generated[name]?.['ca.crt']) {
    refused[name] = `the key that signed its certificate is not kept. No data depends on it. New certificates for all:
  make rotate NAMESPACE=${namespace} WHAT=tls`;
  }
}
const established = names.some((name) => !(name in irreplaceable) && stored[name]);
for (const [name, why] of Object.entries(irreplaceable)) {
  if (established && Object.keys(generated[name] ?? {}).some((key) => !exists(name, key))) {
    refused[name] = why;
  }
}

for (const name of names.filter((each) => !(each in refused))) {
  const added = Object.fromEntries(Object.entries(wanted[name] ?? {}).filter(([key]) => !exists(name, key)));
  const data = convert(added, 'utf8', 'base64');
  if (!stored[name]) {
    const metadata = { name, labels: { 'app.kubernetes.io/part-of': 'devopslocally' } };
    await call('POST', url(name), { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data });
    console.log(`created ${name}`);
  } else if (Object.keys(added).length > 0) {
    // the version it was read in: what others have added meanwhile is not overwritten
    await call('PATCH', `${url(name)}/${name}`, { metadata: { resourceVersion: versions[name] }, data });
    console.log(`kept ${name}, added ${Object.keys(added).join(', ')}`);
  } else {
    console.log(`kept ${name}`);
  }
}
if (Object.keys(refused).length > 0) {
  const reasons = Object.entries(refused).map(([name, why]) => `${name} is missing or incomplete: ${why}`);
  throw new Error(`kept what exists, and did not make everything\n${reasons.join('\n')}`);
}
