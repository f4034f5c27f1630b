import { Cron } from 'croner';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface AppProject {
  spec: {
    syncWindows?: { kind: string; schedule: string; duration: string; timeZone: string; applications: string[] }[];
  };
}

/** What a deployment and its roll-back may take. */
const neededMs = 2 * 900_000;

/**
 * When the sync window of an environment opens next, by `k8s/argocd/app-project.yaml` in the repository's folder; undefined if it
 * is open, and stays open long enough for a deployment and its roll-back.
 * @throws Error if the project has a window of a kind that this does not know
 */
export function opensAt(repository: string, environment: string, now: Date): Date | undefined {
  const { spec } = parse(readFileSync(join(repository, 'k8s/argocd/app-project.yaml'), 'utf8')) as AppProject;
  const windows = (spec.syncWindows ?? [])
    .filter(({ applications }) => applications.includes(environment))
    .map(({ kind, schedule, duration, timeZone }) => {
      const [, hours] = /^(\d+)h$/.exec(duration) ?? [];
      if (kind !== 'allow' || !hours) {
        throw new Error(`unknown sync window: ${kind} ${duration}`);
      }
      return { cron: new Cron(schedule, { timezone: timeZone }), ms: Number(hours) * 3_600_000 };
    });
  // a window that is open now has begun within its duration
  const open = windows.some(({ cron, ms }) => {
    const begun = cron.nextRun(new Date(now.getTime() - ms));
    return begun !== null && begun <= now && begun.getTime() + ms >= now.getTime() + neededMs;
  });
  const next = windows.map(({ cron }) => cron.nextRun(now)?.getTime() ?? Infinity);
  return open || windows.length === 0 ? undefined : new Date(Math.min(...next));
}
