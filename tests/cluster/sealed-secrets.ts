// The real controller decrypts a SealedSecret and rejects one that was tampered with or moved. A lost controller recovers with
// its keys. `make reseal` seals with the newest key. The pages' commands seal an environment once, then replace single values of it.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { drill } from '../../tools/lib/drill.ts';
import { apply, getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { root } from '../../tools/lib/root.ts';
import { run } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { codeBlocks } from './lib/pages.ts';
import { portable } from './lib/portable.ts';
import { removeController, sealing, startController } from './lib/sealed-secrets-controller.ts';

interface Sealed {
  metadata: { name: string; namespace: string };
  spec: { encryptedData: Record<string, string>; template: { metadata: { namespace: string } } };
}

await drill('sealed-secrets', async ({ own, after, check }) => {
  const namespace = await own('drill-sealed');
  const other = await own('drill-sealed-other');
  await own(sealing);
  after(removeController);
  for (const name of [namespace, other]) {
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const keys = ['get', 'secret', '-n', sealing, '-l', 'sealedsecrets.bitnami.com/sealed-secrets-key'];
  const folder = mkdtempSync(join(tmpdir(), 'sealed-'));
  after(async () => rmSync(folder, { recursive: true }));
  const certificate = join(folder, 'certificate.pem');
  writeFileSync(certificate, await startController());

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
    until(`${name} rejected`, 300, async () => {
      const { status } = await getJson<{ status?: { conditions?: { type: string; status: string }[] } }>([
        ...['sealedsecret', name, '-n', where],
      ]);
      return status?.conditions?.some((condition) => condition.type === 'Synced' && condition.status === 'False');
    }).then(async () => (await opened(where, name)) === '');

  await apply(sealed);
  await until('Secret', 300, async () => (await opened(namespace, 'sealed')) === plain.stringData.password);
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
  await kubectl(['delete', 'namespace', sealing, '--timeout=300s'], { seconds: 310 });
  await kubectl(['delete', 'sealedsecret,secret', '-n', namespace, '--all']);
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: sealing } });
  await kubectl(['create', '-n', sealing, '-f', '-'], { input: portable(backup) });
  await startController();
  await apply(sealed);
  await until('Secret restored', 300, async () => (await opened(namespace, 'sealed')) === plain.stringData.password);
  check(
    `a lost controller decrypts the same file with its restored key, ${((Date.now() - lost) / 1000).toFixed(0)} s later`,
    true,
  );

  const before = sealed.spec.encryptedData['password'];
  const committed = join(folder, 'sealed.yaml');
  writeFileSync(committed, yaml);
  // the Service may not route to the new controller yet
  await until('resealing', 300, async () => (await run(join(root, 'k8s/reseal.sh'), [folder]), true));
  const fresh = parseYaml(readFileSync(committed, 'utf8')) as Sealed;
  check('make reseal seals the value again', fresh.spec.encryptedData['password'] !== before);

  const valid = (input: string) =>
    run('kubeseal', ['--validate', '--controller-namespace', sealing], { input }).then(
      () => true,
      () => false,
    );
  const tampered = { ...sealed, spec: { ...sealed.spec, encryptedData: { password: bytes.toString('base64') } } };
  check(
    'kubeseal --validate accepts the valid file and rejects the other',
    (await valid(yaml)) && !(await valid(JSON.stringify(tampered))),
  );

  // the pages' commands, in a copy of the manifests
  const work = join(folder, 'work');
  for (const name of ['Makefile', 'make', 'k8s']) {
    cpSync(join(root, name), join(work, name), { recursive: true });
  }
  symlinkSync(join(root, 'bin'), join(work, 'bin'));
  const environment = await own('devopslocally-staging');
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: environment } });
  const state = join(folder, 'state');
  const shell = (commands: string) =>
    run(
      'bash',
      [
        '-euc',
        `[ ! -f ${state} ] || . ${state}\n${commands}\ndeclare -p new old trusting >${state} 2>/dev/null || true`,
      ],
      {
        cwd: work,
        env: { ...process.env, ENVIRONMENT: 'staging' },
      },
    );
  const values = async () => {
    const { items } = await getJson<{ items: { metadata: { name: string }; data: Record<string, string> }[] }>([
      ...['secrets', '-n', environment],
    ]);
    const entries = items.flatMap(({ metadata, data }) =>
      Object.entries(data).map(([key, value]) => [`${metadata.name}/${key}`, Buffer.from(value, 'base64').toString()]),
    );
    return Object.fromEntries(entries) as Record<string, string>;
  };
  /** Applies the committed files, as Argo CD does, and returns the values that have changed in the cluster. */
  const sync = async (expected: number) => {
    const old = await values();
    await kubectl(['apply', '-n', environment, '-k', join(work, 'k8s/overlays/staging/sealed-secrets')]);
    const changed = async () => Object.entries(await values()).filter(([name, value]) => old[name] !== value);
    await until(`${expected} changed values`, 300, async () => (await changed()).length >= expected);
    return (await changed()).map(([name]) => name).sort();
  };
  const [fetchAndSeal = ''] = codeBlocks('docs/operations/kubernetes.md', 'Secrets');
  await shell(fetchAndSeal);
  check('the first deployment seals all 14 values', (await sync(14)).length === 14);
  const refusal = await shell('make seal CERTIFICATE=certificate.pem').catch(String);
  check(
    'sealing them again is refused and says what would be lost',
    refusal.includes('LOSE=data-and-backups') && refusal.includes('backups made so far'),
  );

  const [, webhook = '', ...tls] = codeBlocks('docs/operations/rotation.md', 'Replacing one value');
  await shell(webhook);
  const authorities = ['auth/ca.crt', 'maintenance-tls/ca.crt', 'postgres-tls/ca.crt'];
  const certificates = ['maintenance-tls', 'postgres-tls'].flatMap((name) => [`${name}/tls.crt`, `${name}/tls.key`]);
  const outdated = await values();
  const trusts = async (authority: string | undefined, leaf: string | undefined) => {
    writeFileSync(join(folder, 'ca'), authority ?? '');
    return run('openssl', ['verify', '-CAfile', join(folder, 'ca')], { input: leaf }).then(
      () => true,
      () => false,
    );
  };
  for (const [step, expected] of [authorities, certificates, authorities].entries()) {
    await shell(tls[step] ?? '');
    const changed = await sync(expected.length);
    check(
      `step ${step + 1} of the certificates' renewal changes ${expected.join()} alone`,
      changed.join() === expected.join(),
    );
    const now = await values();
    check('auth trusts the certificate in use', await trusts(now['auth/ca.crt'], now['postgres-tls/tls.crt']));
  }
  const renewed = await values();
  check(
    'the old certificate is no longer trusted',
    !(await trusts(renewed['auth/ca.crt'], outdated['postgres-tls/tls.crt'])),
  );
});
