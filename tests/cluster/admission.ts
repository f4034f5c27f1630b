// The API server itself refuses each broken manifest: by the rule that it is named after, by its schema, or by Pod Security.
import { drill, type Row } from '../../tools/lib/drill.ts';
import { apply, kubectl } from '../../tools/lib/kubectl.ts';
import { build } from '../../tools/lib/kustomize.ts';
import { CommandError } from '../../tools/lib/run.ts';
import { until } from '../../tools/lib/until.ts';
import { loadBroken } from './lib/broken.ts';
import { isServed, type Manifest } from './lib/manifests.ts';
import { isCustom } from './lib/schemas.ts';

/** Why the server refuses it, or undefined when it does not. */
async function refusal(manifest: object): Promise<string | undefined> {
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
  await until('a service account', 30, () => kubectl(['get', 'serviceaccount', 'default', '-n', podSecurity]));

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
    throw new Error('no broken Secret to wait with');
  }
  await until('the rules to be in force', 60, () => refusal(into(secret.manifest, namespaces.get(secret.namespace))));

  const rows: Row[] = [];
  const unknown: string[] = [];
  for (const { file, rule, manifest, namespace } of broken) {
    if (isCustom(manifest) && !(await isServed(manifest))) {
      unknown.push(file);
      continue;
    }
    const by = reason(await refusal(into(manifest, namespaces.get(namespace))));
    const pod = rule === 'schema' ? undefined : podOf(manifest);
    rows.push({ broken: file, rule, 'refused by': by, 'its pod alone': pod ? reason(await refusal(pod)) : '-' });
  }
  table(rows);
  if (unknown.length > 0) {
    log(`left out, as this server has no such kinds: ${unknown.join(', ')}`);
  }
  check(
    `${rows.length} of ${broken.length} broken manifests are refused by the rule that they are named after`,
    rows.every((row) => row['rule'] === row['refused by']),
  );
  const its = ['capabilities', 'host', 'privilege-escalation', 'run-as-non-root', 'seccomp'];
  check(
    'where the rules are not, Pod Security refuses the pods that are its matter',
    rows.every(
      (row) =>
        row['its pod alone'] === '-' || its.includes(String(row['rule'])) === (row['its pod alone'] === 'Pod Security'),
    ),
  );
});
