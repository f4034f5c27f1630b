import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../../../tools/lib/root.ts';
import { isCluster, leader } from './members.ts';
import { codeBlocks, shell } from './pages.ts';

/** Commands that need more than a drill's environment: cert-manager, a restarted container, make targets, a database cluster. */
const notHere = new RegExp(
  `cert-manager|certificaterequests|--previous|^make ${isCluster ? '' : '|patronictl|postgres-sync'}`,
);

const folder = 'docs/runbooks';

/** The variables that runbooks ask for. */
const environment = async (namespace: string) => ({
  NAMESPACE: namespace,
  DATABASE_NAMESPACE: namespace,
  LEADER: isCluster ? await leader(namespace) : 'postgres-0',
  SERVICE: 'auth',
  DATABASE: 'auth',
  JOB: 'auth-migrate',
});

/**
 * Runs the remedy of a runbook: a block after that of the looks.
 * @param variables that the page asks for beside the usual ones
 */
export async function remedy(
  runbook: string,
  namespace: string,
  block = 1,
  variables: Record<string, string> = {},
): Promise<void> {
  const command = codeBlocks(`${folder}/${runbook}.md`, runbook)[block] ?? 'false';
  await shell(command, { ...(await environment(namespace)), ...variables });
}

/**
 * Runs the commands of all runbooks.
 * @param hasLogs whether Loki and Alloy run
 */
export async function failingCommands(
  namespace: string,
  monitoring: string,
  hasLogs: boolean,
): Promise<{ ran: number; failed: string[] }> {
  const commands = readdirSync(join(root, folder))
    .filter((file) => file !== 'README.md')
    .flatMap((file) => codeBlocks(`${folder}/${file}`, basename(file, '.md'))[0]?.split('\n') ?? []);
  const variables = await environment(namespace);
  const failed: string[] = [];
  const different = [...new Set(commands)].filter(
    (command) => command && !notHere.test(command) && (hasLogs || !/loki-0|deployment\/alloy/.test(command)),
  );
  for (const command of different) {
    const here = command
      .replaceAll('-n monitoring ', `-n ${monitoring} `)
      .replaceAll(':monitoring:', `:${monitoring}:`);
    await shell(here, variables).catch((error: unknown) => failed.push(String(error)));
  }
  return { ran: different.length, failed };
}
