import { apply, getJson, kubectl } from '../../../tools/lib/kubectl.ts';
import { CommandError } from '../../../tools/lib/run.ts';

/** What the API server answers to a command: `accepted`, or the rule or the part of it that rejects the command. */
export const answer = (command: Promise<unknown>): Promise<string> =>
  command.then(
    () => 'accepted',
    (error: unknown) => {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      return reason(error.output);
    },
  );

/** The answer to a manifest in a dry run. */
export const dryRun = (manifest: object): Promise<string> =>
  answer(apply(manifest, ['--dry-run=server', '--validate=strict']));

/** The answer to a container for debugging, in a dry run. */
export async function dryRunDebugging(pod: string, namespace: string, container: object): Promise<string> {
  const debugged = await getJson<{ spec: object }>(['pod', pod, '-n', namespace]);
  Object.assign(debugged.spec, { ephemeralContainers: [container] });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/ephemeralcontainers?dryRun=All`;
  return answer(kubectl(['replace', '--raw', path, '-f', '-'], { input: JSON.stringify(debugged) }));
}

function reason(output: string): string {
  const rule = /denied (?:the )?request: (?:Policy \S+ failed: )?([a-z-]+):/.exec(output)?.[1];
  if (rule) {
    return rule;
  }
  if (output.includes('failed to evaluate policy')) {
    return 'unverifiable';
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
