import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl } from '../../../tools/lib/kubectl.ts';

const probe = readFileSync(join(import.meta.dirname, 'probe.ts'), 'utf8');

/** The command of a pod that {@link tryConnections} uses. */
export const idle = ['node', '-e', 'setInterval(() => {}, 1 << 30)'];

/**
 * Tries to connect from a pod that has Node.js.
 * @param source the pod, or a workload
 * @param targets as HOST:PORT
 * @returns `connected`, `dropped` or an error's code, by target
 */
export async function tryConnections(
  source: string,
  namespace: string,
  targets: string[],
): Promise<Record<string, string>> {
  const command = ['node', '--input-type=module-typescript', '-', ...targets];
  const output = await kubectl(['exec', '-i', source, '-n', namespace, '--', ...command], { input: probe });
  return JSON.parse(output) as Record<string, string>;
}
