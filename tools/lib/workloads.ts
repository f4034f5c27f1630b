import { getJson, kubectl } from './kubectl.ts';

interface Workload {
  kind: string;
  metadata: { name: string; generation: number };
  spec: { replicas?: number };
  status?: { observedGeneration?: number; readyReplicas?: number; updatedReplicas?: number; replicas?: number };
}

/** Whether every Deployment and StatefulSet of a namespace has all its replicas ready and up to date. */
export async function healthy(namespace: string): Promise<boolean> {
  const { items } = await getJson<{ items: Workload[] }>(['deployments,statefulsets', '-n', namespace]);
  return (
    items.length > 0 &&
    items.every(
      ({ metadata, spec: { replicas = 1 }, status = {} }) =>
        [status.readyReplicas, status.updatedReplicas, status.replicas].every((count = 0) => count === replicas) &&
        status.observedGeneration === metadata.generation,
    )
  );
}

interface Job {
  status?: { conditions?: { type: string; status: string }[] };
}

/**
 * Whether a Job is complete.
 * @throws Error with the end of its log if it failed
 */
export async function jobDone(namespace: string, name: string): Promise<boolean> {
  const { status } = await getJson<Job>(['job', name, '-n', namespace]);
  const is = (type: string) =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  if (is('Failed')) {
    throw new Error(`job ${name} failed:\n${await kubectl(['logs', `job/${name}`, '-n', namespace, '--tail=30'])}`);
  }
  return is('Complete');
}
