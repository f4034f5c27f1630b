import { Environment } from '@marcbachmann/cel-js';
import { build } from '../../../tools/lib/kustomize.ts';
import { groupOf, type Manifest, parse } from './manifests.ts';

interface Policy extends Manifest {
  spec: {
    matchConstraints: { resourceRules: { apiGroups: string[]; resources: string[] }[] };
    variables: { name: string; expression: string }[];
    validations: { message: string; expression: string }[];
  };
}

const cel = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
});
cel.registerVariable('object', 'dyn').registerVariable('namespaceObject', 'dyn').registerVariable('variables', 'dyn');

const plural = (kind: string) => kind.toLowerCase().replace(/y$/, 'ie').replace(/s$/, 'se') + 's';

/**
 * Loads the admission policies of k8s/policies and evaluates them locally. The returned function lists the messages of the
 * rules that a manifest violates.
 */
export async function loadPolicies(): Promise<(manifest: Manifest, namespace: Manifest) => string[]> {
  const policies = parse(await build('k8s/policies')).filter(
    (document): document is Policy => document.kind === 'ValidatingAdmissionPolicy',
  );
  const compiled = policies.map(({ spec }) => ({
    covers: (manifest: Manifest) =>
      spec.matchConstraints.resourceRules.some(
        (rule) => rule.apiGroups.includes(groupOf(manifest)) && rule.resources.includes(plural(manifest.kind)),
      ),
    variables: spec.variables.map(({ name, expression }) => ({ name, evaluate: cel.parse(expression) })),
    validations: spec.validations.map(({ message, expression }) => ({ message, evaluate: cel.parse(expression) })),
  }));
  return (object, namespaceObject) =>
    compiled
      .filter(({ covers }) => covers(object))
      .flatMap((policy) => {
        const variables: Record<string, unknown> = {};
        const context = { object, namespaceObject, variables };
        for (const { name, evaluate } of policy.variables) {
          variables[name] = evaluate(context);
        }
        return policy.validations.filter(({ evaluate }) => evaluate(context) !== true).map(({ message }) => message);
      });
}
