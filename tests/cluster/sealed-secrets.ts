// The real controller decrypts a SealedSecret and rejects one that was tampered with or moved. A lost controller recovers with
// its keys. `make reseal` seals with the newest key.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { drill } from '../../tools/lib/drill.ts';
import { apply, getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { images } from './lib/environment.ts';
import { portable } from './lib/portable.ts';

interface Sealed {
  metadata: { name: string; namespace: string };
  spec: { encryptedData: Record<string, string>; template: { metadata: { namespace: string } } };
}

await drill('sealed-secrets', async ({ own, after, check }) => {
  const namespace = await own('drill-sealed');
  const other = await own('drill-sealed-other');
  const sealing = await own('drill-sealed-secrets');
  after(() =>
    kubectl([
      ...['delete', 'crd/sealedsecrets.bitnami.com', 'clusterrole/drill-sealed-secrets'],
      ...['clusterrolebinding/drill-sealed-secrets', '--ignore-not-found'],
    ]),
  );
  for (const name of [namespace, other]) {
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const controller = readFileSync(join(root, 'tests/cluster/stand-ins/sealed-secrets.yaml'), 'utf8').replace(
    'image: sealed-secrets',
    `image: ${images.sealedSecrets()}`,
  );
  const keys = ['get', 'secret', '-n', sealing, '-l', 'sealedsecrets.bitnami.com/sealed-secrets-key'];
  const start = async () => {
    await apply(controller);
    return until('sealing certificate', 90, async () => {
      const { items } = await getJson<{ items: { data: Record<string, string> }[] }>(keys.slice(1));
      return items.at(-1)?.data['tls.crt'];
    });
  };
  const folder = mkdtempSync(join(tmpdir(), 'sealed-'));
  after(async () => rmSync(folder, { recursive: true }));
  const certificate = join(folder, 'certificate.pem');
  writeFileSync(certificate, Buffer.from(await start(), 'base64'));

  const plain = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'sealed', namespace },
    stringData: { password: 'a sealed value' },
  };
  const yaml = await run('kubeseal', ['--cert', certificate, '--format', 'yaml'], { input: JSON.stringify(plain) });
  const sealed = parseYaml(yaml) as Sealed;
  const opened = async (where: string, name: string) => {
    const value = await kubectl([
      ...['get', 'secret', name, '-n', where, '--ignore-not-found', '-o', 'jsonpath={.data.password}'],
    ]);
    return Buffer.from(value, 'base64').toString();
  };
  const rejected = async (where: string, name: string) =>
    until(`${name} rejected`, 60, async () => {
      const { status } = await getJson<{ status?: { conditions?: { type: string; status: string }[] } }>([
        ...['sealedsecret', name, '-n', where],
      ]);
      return status?.conditions?.some((condition) => condition.type === 'Synced' && condition.status === 'False');
    }).then(async () => (await opened(where, name)) === '');

  await apply(sealed);
  await until('Secret', 60, async () => (await opened(namespace, 'sealed')) === plain.stringData.password);
  check('a SealedSecret becomes a Secret', true);

  const bytes = Buffer.from(sealed.spec.encryptedData['password'] ?? '', 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await apply({
    ...sealed,
    metadata: { name: 'sealed-tampered', namespace },
    spec: { encryptedData: { password: bytes.toString('base64') } },
  });
  check('a SealedSecret that was tampered with is rejected', await rejected(namespace, 'sealed-tampered'));
  await apply({
    ...sealed,
    metadata: { ...sealed.metadata, namespace: other },
    spec: { encryptedData: sealed.spec.encryptedData },
  });
  check('a SealedSecret that was moved to another namespace is rejected', await rejected(other, 'sealed'));

  const backup = await kubectl([...keys, '-o', 'yaml']);
  const lost = Date.now();
  await kubectl(['delete', 'namespace', sealing, '--timeout=120s'], { seconds: 130 });
  await kubectl(['delete', 'sealedsecret,secret', '-n', namespace, '--all']);
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: sealing } });
  await kubectl(['create', '-n', sealing, '-f', '-'], { input: portable(backup) });
  await start();
  await apply(sealed);
  await until('Secret restored', 90, async () => (await opened(namespace, 'sealed')) === plain.stringData.password);
  check(
    `a lost controller decrypts the same file with its restored key, ${((Date.now() - lost) / 1000).toFixed(0)} s later`,
    true,
  );

  const services = ['--controller-namespace', sealing, '--controller-name', 'sealed-secrets'];
  const before = sealed.spec.encryptedData['password'];
  const committed = join(folder, 'sealed.yaml');
  writeFileSync(committed, yaml);
  // the Service may not route to the new controller yet
  await until('resealing', 60, async () => (await run(join(root, 'k8s/reseal.sh'), [folder, sealing]), true));
  const fresh = parseYaml(readFileSync(committed, 'utf8')) as Sealed;
  check('make reseal seals the value again', fresh.spec.encryptedData['password'] !== before);

  const valid = (input: string) =>
    run('kubeseal', ['--validate', ...services], { input }).then(
      () => true,
      () => false,
    );
  const tampered = { ...sealed, spec: { ...sealed.spec, encryptedData: { password: bytes.toString('base64') } } };
  check(
    'kubeseal --validate accepts the valid file and rejects the other',
    (await valid(yaml)) && !(await valid(JSON.stringify(tampered))),
  );
});
