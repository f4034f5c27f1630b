import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/lib/root.ts';
import { run } from '../../../tools/lib/run.ts';
import { isCluster, leader } from './members.ts';

/** Commands that need more than a drill's environment: cert-manager, a restarted container, a database cluster, make targets. */
const notHere = /cert-manager|certificaterequests|--previous|patronictl|^make /;

/**
 * Runs the commands of all runbooks.
 * @param hasLogs whether Loki and Alloy run
 */
export async function failingCommands(
  namespace: string,
  monitoring: string,
  hasLogs: boolean,
): Promise<{ ran: number; failed: string[] }> {
  const folder = join(root, 'docs/runbooks');
  const commands = readdirSync(folder)
    .filter((file) => file !== 'README.md')
    .flatMap((file) => /```sh\n([^`]+)```/.exec(readFileSync(join(folder, file), 'utf8'))?.[1]?.split('\n') ?? []);
  const variables = {
    NAMESPACE: namespace,
    DATABASE_NAMESPACE: namespace,
    LEADER: isCluster ? await leader(namespace) : 'postgres-0',
    SERVICE: 'auth',
    DATABASE: 'auth',
    JOB: 'auth-migrate',
  };
  const failed: string[] = [];
  const different = [...new Set(commands)].filter(
    (command) => command && !notHere.test(command) && (hasLogs || !/loki-0|deployment\/alloy/.test(command)),
  );
  for (const command of different) {
    const here = command
      .replaceAll('-n monitoring ', `-n ${monitoring} `)
      .replaceAll(':monitoring:', `:${monitoring}:`);
    await run('bash', ['-c', here], { env: { ...process.env, ...variables } }).catch((error: unknown) =>
      failed.push(String(error)),
    );
  }
  return { ran: different.length, failed };
}
