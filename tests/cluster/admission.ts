// The API server rejects each broken manifest by the rule that the file is named after, or by its schema. Without these rules,
// Pod Security rejects the pods that it covers. A container for debugging is held to the same rules. It accepts what cert-manager
// creates to solve a challenge.
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, getJson, kubectl } from '../../tools/lib/kubectl.ts';
import { build } from '../../tools/lib/kustomize.ts';
import { CommandError } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { solverObjects } from './lib/acme-solver.ts';
import { loadBroken } from './lib/broken.ts';
import { images } from './lib/environment.ts';
import { isServed, label, type Manifest, parse } from './lib/manifests.ts';
import { isCustom } from './lib/schemas.ts';
import { pod } from './lib/traffic.ts';

/** The server's error, or undefined if it accepts the manifest. */
async function rejection(manifest: object): Promise<string | undefined> {
  try {
    await apply(manifest, ['--dry-run=server', '--validate=strict']);
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) {
      return error.output;
    }
    throw error;
  }
}

function reason(output: string | undefined): string {
  if (output === undefined) {
    return 'accepted';
  }
  const rule = /denied request: ([a-z-]+):/.exec(output)?.[1];
  if (rule) {
    return rule;
  }
  if (output.includes('violates PodSecurity')) {
    return 'Pod Security';
  }
  if (
    /unknown field|field not declared|failed to create typed patch|no matches for kind|Required value|Invalid value/.test(
      output,
    )
  ) {
    return 'schema';
  }
  return output.trim().split('\n').at(-1) ?? '';
}

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
  await until('policies to be enforced', 300, () => rejection(into(secret.manifest, namespaces.get(secret.namespace))));

  const rows: Row[] = [];
  const unknown: string[] = [];
  for (const { file, rule, manifest, namespace } of broken) {
    if (isCustom(manifest) && !(await isServed(manifest))) {
      unknown.push(file);
      continue;
    }
    const by = reason(await rejection(into(manifest, namespaces.get(namespace))));
    const its = rule === 'schema' ? undefined : podOf(manifest);
    rows.push({ broken: file, rule, 'rejected by': by, 'its pod, by': its ? reason(await rejection(its)) : '-' });
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
      answer: served ? reason(await rejection(object)) : 'kind not served',
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
    const debugged = await getJson<{ spec: object }>(['pod', 'debugged', '-n', prod]);
    Object.assign(debugged.spec, { ephemeralContainers: [{ name: 'debug', ...settings }] });
    const path = `/api/v1/namespaces/${prod}/pods/debugged/ephemeralcontainers?dryRun=All`;
    const answer = await kubectl(['replace', '--raw', path, '-f', '-'], { input: JSON.stringify(debugged) }).then(
      () => 'accepted',
      (error: unknown) => reason(error instanceof CommandError ? error.output : String(error)),
    );
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
