// The API server rejects each broken manifest by the rule that the file is named after, or by its schema. Without these rules,
// Pod Security rejects the pods that it covers. A container for debugging is held to the same rules. It accepts what cert-manager
// creates to solve a challenge.
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { build } from '../../tools/lib/kustomize.ts';
import { until } from '../../tools/lib/until.ts';
import { solverObjects } from './lib/acme-solver.ts';
import { loadBroken } from './lib/broken.ts';
import { images } from './lib/environment.ts';
import { isServed, label, type Manifest, parse } from './lib/manifests.ts';
import { dryRun, dryRunDebugging } from './lib/rejection.ts';
import { isCustom } from './lib/schemas.ts';
import { pod } from './lib/traffic.ts';

await drill('admission', async ({ own, log, table, check }) => {
  const broken = await loadBroken();
  await apply(await build('k8s/policies'));
  const podSecurity = await own('drill-admission-pod-security');
  const namespaces = new Map<Manifest, string>();
  for (const { namespace } of broken) {
    if (namespaces.has(namespace)) {
      continue;
    }
    const name = await own(`drill-admission-${namespace.metadata.labels?.['devopslocally/environment']}`);
    await apply({ ...namespace, metadata: { name, labels: namespace.metadata.labels } });
    namespaces.set(namespace, name);
    const { 'app.kubernetes.io/part-of': _, ...withoutRules } = namespace.metadata.labels ?? {};
    await apply({ ...namespace, metadata: { name: podSecurity, labels: withoutRules } });
  }
  await until('service account', 300, () => kubectl(['get', 'serviceaccount', 'default', '-n', podSecurity]));

  const into = (manifest: Manifest, namespace: string | undefined) => ({
    ...manifest,
    metadata: { ...manifest.metadata, namespace },
  });
  const podOf = ({ metadata: { name }, spec }: Manifest) => {
    const { template } = (spec ?? {}) as { template?: { spec: { serviceAccountName?: string } } };
    if (!template) {
      return undefined;
    }
    const { serviceAccountName: _, ...pod } = template.spec;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: podSecurity },
      spec: { ...pod, restartPolicy: 'Always' },
    };
  };

  const secret = broken.find(({ rule }) => rule === 'plain-secret');
  if (!secret) {
    throw new Error('no broken Secret');
  }
  await until(
    'policies to be enforced',
    300,
    async () => (await dryRun(into(secret.manifest, namespaces.get(secret.namespace)))) !== 'accepted',
  );

  const rows: Row[] = [];
  const unknown: string[] = [];
  for (const { file, rule, manifest, namespace } of broken) {
    if (isCustom(manifest) && !(await isServed(manifest))) {
      unknown.push(file);
      continue;
    }
    const by = await dryRun(into(manifest, namespaces.get(namespace)));
    const its = rule === 'schema' ? undefined : podOf(manifest);
    rows.push({ broken: file, rule, 'rejected by': by, 'its pod, by': its ? await dryRun(its) : '-' });
  }
  table(rows);
  if (unknown.length > 0) {
    log(`skipped, because this server does not have their kinds: ${unknown.join(', ')}`);
  }
  check(
    `${rows.length} of ${broken.length} broken manifests are rejected by the rule that they are named after`,
    rows.every((row) => row['rule'] === row['rejected by']),
  );
  const prod = 'drill-admission-prod';
  const environment = parse(await build('k8s/overlays/prod'));
  for (const kind of ['ResourceQuota', 'LimitRange']) {
    const limits = environment.filter((manifest) => manifest.kind === kind);
    await apply({ apiVersion: 'v1', kind: 'List', items: limits.map((manifest) => into(manifest, prod)) });
  }
  await until('quota to be in effect', 300, () =>
    kubectl(['get', 'resourcequota', 'environment', '-n', prod, '-o', 'jsonpath={.status.hard}']),
  );
  const solved: Row[] = [];
  for (const object of await solverObjects(prod)) {
    const served = await isServed(object);
    solved.push({
      'of cert-manager': label(object),
      answer: served ? await dryRun(object) : 'kind not served',
    });
  }
  table(solved);
  check(
    'pods, Services and routes of HTTP-01 challenges are accepted in prod, within its quota',
    solved.every(({ answer }) => ['accepted', 'kind not served'].includes(String(answer))),
  );

  // what `kubectl debug` adds to a running pod
  await apply(pod('debugged', prod, {}, ['node', '-e', 'setTimeout(() => undefined, 600_000)']));
  const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true };
  const debugging = {
    'by a tag': { image: 'registry.example.com/tools:1', securityContext: restricted },
    'by a digest, with capabilities': { image: images.auth() },
    'by a digest, restricted': { image: images.auth(), securityContext: restricted },
  };
  const added: Row[] = [];
  for (const [container, settings] of Object.entries(debugging)) {
    const answer = await dryRunDebugging('debugged', prod, { name: 'debug', ...settings });
    added.push({ 'debug container': container, answer });
  }
  table(added);
  check(
    'a container for debugging needs a digest and no privileges',
    added.map(({ answer }) => answer).join() === 'image-digest,Pod Security,accepted',
  );

  const podSecurityRules = ['capabilities', 'host', 'privilege-escalation', 'run-as-non-root', 'seccomp'];
  check(
    'in a namespace without the rules, Pod Security rejects the pods that it covers and no other',
    rows.every(
      (row) =>
        row['its pod, by'] === '-' ||
        podSecurityRules.includes(String(row['rule'])) === (row['its pod, by'] === 'Pod Security'),
    ),
  );
});
