import { run, type RunOptions } from './run.ts';

export const kubectl = (args: string[], options?: RunOptions): Promise<string> => run('kubectl', args, options);

/** Runs `kubectl get -o json` and parses its output. */
export async function getJson<T>(args: string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', '-o', 'json', ...args])) as T;
}

/** Applies manifests (YAML, or one object) server-side. */
export async function apply(manifests: string | object, args: string[] = []): Promise<void> {
  const input = typeof manifests === 'string' ? manifests : JSON.stringify(manifests);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-', ...args], { input, seconds: 120 });
}
