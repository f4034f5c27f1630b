import { kubectl } from './kubectl.ts';

export type Row = Record<string, string | number>;

export interface Drill {
  /** Reserves a namespace that must not exist yet. It is deleted when the drill ends. */
  own: (namespace: string) => Promise<string>;
  /** Registers a cleanup that runs even if the drill fails. */
  after: (cleanup: () => Promise<unknown>) => void;
  log: (text: string) => void;
  table: (rows: Row[]) => void;
  /** Prints a claim and whether it holds. The drill fails if one does not hold. */
  check: (claim: string, holds: boolean) => void;
}

function format(rows: Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const controllers = 'cronjobs,daemonsets,deployments,jobs,replicasets,statefulsets';

/** Deletes namespaces. Their pods are killed first: Kubernetes looks after a minute only whether pods have stopped by themselves. */
async function remove(namespaces: string[]): Promise<void> {
  if (namespaces.length === 0) {
    return;
  }
  for (const namespace of namespaces) {
    const all = ['--all', '-n', namespace, '--ignore-not-found', '--wait=false'];
    await kubectl(['delete', controllers, '--cascade=orphan', ...all]);
    await kubectl(['delete', 'pods', '--grace-period=0', '--force', ...all]);
  }
  await kubectl(['delete', 'namespace', ...namespaces, '--ignore-not-found', '--timeout=300s'], { seconds: 310 });
}

/**
 * Runs a drill against the current kube context, cleans up, and exits with 1 if a claim does not hold. KEEP=1 skips the
 * cleanup.
 */
export async function drill(name: string, body: (drill: Drill) => Promise<void>): Promise<void> {
  const started = Date.now();
  const cleanups: (() => Promise<unknown>)[] = [];
  const owned: string[] = [];
  const failed: string[] = [];
  let claims = 0;
  const log = (text: string) => console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}`);
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
    }
  });
  try {
    const work = body({
      async own(namespace) {
        const there = await kubectl(['get', 'namespace', namespace, '--ignore-not-found', '-o', 'name']);
        // an earlier drill's leftover is deleted, any other namespace is not
        if (there && !namespace.startsWith('drill-')) {
          throw new Error(`namespace ${namespace} already exists`);
        }
        await remove([namespace]);
        owned.push(namespace);
        return namespace;
      },
      after: (cleanup) => void cleanups.push(cleanup),
      log,
      table: (rows) => console.log(`\n${format(rows)}\n`),
      check(claim, holds) {
        claims += 1;
        if (!holds) {
          failed.push(claim);
        }
        console.log(`${holds ? 'ok  ' : 'FAIL'} ${claim}`);
      },
    });
    await Promise.race([work, interrupted]);
    if (claims === 0) {
      failed.push('nothing was checked');
    }
  } catch (error) {
    failed.push(error instanceof Error ? error.message : String(error));
  }
  if (!process.env['KEEP']) {
    for (const cleanup of [...cleanups.reverse(), () => remove(owned)]) {
      await cleanup().catch((error: unknown) => console.error(`cleanup failed: ${String(error)}`));
    }
  }
  console.log(
    failed.length === 0 ? `\n${name}: passed, ${claims} checks` : `\n${name}: FAILED\n- ${failed.join('\n- ')}`,
  );
  process.exit(failed.length === 0 ? 0 : 1);
}
